//! What holds for every name, path, version and manifest, not only for those that somebody thought of.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::{Component, Path};

use manifest::{
    Commit, Diff, Extra, FolderFile, Given, Index, Manifest, RelativePath, Sha256, Source, Status, WheelName, generate,
    github_output_line, glob_prefix, merge, sha256sums_line,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

const FILES: [&str; 5] = [
    include_str!("../schema/examples/complete.json"),
    include_str!("../schema/examples/incomplete.json"),
    include_str!("../schema/examples/sources.json"),
    include_str!("../schema/examples/flattened.json"),
    include_str!("../schema/examples/index.json"),
];

const DISTRIBUTION: &str = "[A-Za-z0-9]{1,8}([_.][A-Za-z0-9]{1,8}){0,3}";
const VERSION: &str = "v?([0-9]{1,3}!)?[0-9]{1,8}(\\.[0-9]{1,8}){0,3}([._]?(a|b|rc|alpha|BETA|pre)([._]?[0-9]{1,4})?)?(\\.post[0-9]{0,3})?(\\.dev[0-9]{0,8})?(\\+[a-z0-9]{1,8}([._][A-Za-z0-9]{1,8}){0,3})?";
const BUILD: &str = "(-[0-9]{1,4}[a-z_]{0,4})?";
const TAGS: &str = "[a-z]{2}[0-9a-z]{1,4}(\\.[a-z]{2}[0-9]{1,3})?-[a-z0-9_]{1,8}-[a-z0-9_]{1,20}(\\.[a-z0-9_]{1,20})?";

fn config() -> ProptestConfig {
    // The same cases each time, so that a failure is of the change that brought it. What fails is written into a table by
    // hand, so no file of seeds is kept.
    ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(2547), ..ProptestConfig::with_cases(256) }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i16>().prop_map(|number| json!(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn extra() -> impl Strategy<Value = Extra> {
    prop::collection::vec(("x_[a-z]{1,6}", json_value()), 0..4).prop_map(|fields| fields.into_iter().collect())
}

prop_compose! {
    fn folder()(wheels in prop::collection::btree_map(
        (DISTRIBUTION, VERSION, BUILD, TAGS).prop_map(|(name, version, build, tags)| format!("{name}-{version}{build}-{tags}.whl"))
            .prop_filter("a device on Windows", |path| RelativePath::parse(path).is_ok()),
        (any::<u64>(), "[0-9a-f]{64}"),
        1..6,
    )) -> Vec<FolderFile> {
        let file = |(path, (size_bytes, digits)): (String, (u64, String))| {
            FolderFile { path, size_bytes, sha256: Sha256::parse(&digits).unwrap() }
        };
        wheels.into_iter().map(file).collect()
    }
}

prop_compose! {
    fn whole()(
        wheels in folder(), texts in prop::collection::vec(prop::option::of(any::<String>()), 5), digits in "[0-9a-f]{40}",
        one in extra(), other in extra(), third in extra(),
    ) -> Manifest {
        let mut manifest = generate(&wheels, None, Given::default(), "release").unwrap().manifest;
        let source = Source {
            repo: "r".to_owned() + texts[0].as_deref().unwrap_or_default().replace(char::is_control, "").as_str(),
            commit: Commit::parse(&digits).unwrap(),
            branch: texts[1].clone(),
            version: texts[2].clone(),
            describe: None,
            dirty: None,
            extra: one,
        };
        manifest.pytorch = Some(source);
        manifest.status = Some(Status::Running);
        manifest.version_suffix = texts[3].clone();
        manifest.gfx_targets = texts[4].iter().cloned().collect();
        manifest.artifacts[0].extra = other;
        manifest.extra = third;
        manifest
    }
}

/// Nothing that a command does with a manifest panics, and what it reads stays what it is.
fn survives(text: &str) {
    let Ok(manifest) = Manifest::parse(text) else {
        if let Ok(index) = Index::parse(text) {
            let text = index.to_json();
            assert_eq!(Index::parse(&text).unwrap().to_json(), text);
            assert_harmless(&index.summary());
        }
        return;
    };
    // Artifacts are written in the order of their paths, so what was read need not be what is read again.
    let written = manifest.to_json();
    assert_eq!(Manifest::parse(&written).unwrap().to_json(), written);
    for artifact in &manifest.artifacts {
        let path = Path::new(artifact.relative_path.as_str());
        assert!(path.components().all(|component| matches!(component, Component::Normal(_))));
    }
    let _ = (manifest.verify(&[]), manifest.requirements(), manifest.constraints(), manifest.github_output("m"));
    assert!(Diff::new(&manifest, &manifest).is_empty());
    assert_harmless(&manifest.summary());
    for diff in [Diff::new(&manifest, &Manifest::default()), Diff::new(&Manifest::default(), &manifest)] {
        assert_harmless(&diff.to_string());
        assert_eq!(diff.growth_beyond("0%".parse().unwrap()), []);
    }
    assert!(manifest.sha256sums().lines().count() <= manifest.artifacts.len());
    if manifest.identity().is_some() {
        let merged = merge(&[manifest.clone(), manifest.clone()]);
        assert!(merged.is_ok() || manifest.check().iter().any(|difference| difference.code() == "twice"));
    }
}

/// Nothing but lines of letters, digits and signs: no control, no turn of direction.
fn assert_harmless(text: &str) {
    let harmless = |c: char| c == '\n' || c == ' ' || c == '…' || c.is_ascii_graphic() || c.is_alphanumeric();
    assert!(text.chars().all(harmless), "{text:?}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn names_come_back(name in DISTRIBUTION, version in VERSION, build in BUILD, tags in TAGS) {
        let text = format!("{name}-{version}{build}-{tags}.whl");
        let wheel = WheelName::parse(&text).unwrap();
        prop_assert_eq!(wheel.to_string(), text);
        prop_assert_eq!((wheel.distribution(), wheel.version()), (name.as_str(), version.as_str()));
        prop_assert_eq!(wheel.build_tag().unwrap_or_default(), build.trim_start_matches('-'));
        prop_assert_eq!([wheel.python_tag(), wheel.abi_tag(), wheel.platform_tag()].join("-"), tags);
        let normalized = wheel.normalized_distribution();
        let spelled = format!("{}1-py3-none-any.whl", glob_prefix(&name));
        prop_assert_eq!(WheelName::parse(&spelled).unwrap().normalized_distribution(), normalized);
    }

    /// The normalised form is a version, the same version, and its own normalised form.
    #[test]
    fn versions_have_one_normal_form(version in VERSION) {
        let parsed = |version: &str| WheelName::parse(&format!("a-{version}-py3-none-any.whl")).unwrap().parsed_version().clone();
        let normal = parsed(&version).to_string();
        prop_assert_eq!(parsed(&normal), parsed(&version));
        prop_assert_eq!(parsed(&normal).to_string(), normal);
    }

    #[test]
    fn any_text_is_a_name_or_refused(text in ".{0,60}", near in "[a-z0-9_.+!/\\\\: -]{0,40}\\.whl") {
        for text in [text, near] {
            if let Ok(wheel) = WheelName::parse(&text) {
                prop_assert_eq!(wheel.to_string(), text.clone());
                let problem = RelativePath::parse(&text).map_err(|error| error.to_string());
                prop_assert!(problem.as_ref().is_ok() || problem.unwrap_err().ends_with("is a device on Windows"));
            }
        }
    }

    #[test]
    fn a_path_stays_inside(text in "[a-zA-Z./\\\\: \\x00-\\x1f-]{0,24}", any in ".{0,24}") {
        for text in [text, any] {
            let Ok(path) = RelativePath::parse(&text) else { continue };
            let path = Path::new(path.as_str());
            prop_assert!(path.components().all(|component| matches!(component, Component::Normal(_))));
            prop_assert_eq!(path.components().count(), text.split('/').count());
        }
    }

    #[test]
    fn manifests_come_back(manifest in whole()) {
        let text = manifest.to_json();
        let read = Manifest::parse(&text).unwrap();
        prop_assert_eq!(&read, &manifest);
        prop_assert_eq!(read.to_json(), text);
        assert_harmless(&manifest.summary());
    }

    #[test]
    fn indexes_come_back(manifests in prop::collection::vec(whole(), 0..3), key in "x_[a-z]{1,6}", value in json_value()) {
        let mut index = Index { extra: [(key, value)].into_iter().collect(), ..Index::new(&[], Vec::new()).unwrap() };
        index.runs = manifests;
        index.missing = index.runs.iter().filter_map(Manifest::identity).collect();
        let read = Index::parse(&index.to_json()).unwrap();
        prop_assert_eq!(&read, &index);
        prop_assert_eq!(read.to_json(), index.to_json());
        assert_harmless(&index.summary());
    }

    /// One bit of a file, as a failing disk turns it. What is no text any more never gets here.
    #[test]
    fn turned_bits(file in 0..FILES.len(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = FILES[file].as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            survives(&text);
        }
    }

    #[test]
    fn a_folder_is_as_its_manifest_says(wheels in folder()) {
        let manifest = generate(&wheels, None, Given::default(), "release").unwrap().manifest;
        prop_assert_eq!(manifest.verify(&wheels), []);
        prop_assert_eq!(manifest.verify(&wheels[1..]).iter().map(|found| found.code()).collect::<Vec<_>>(), ["missing"]);
        let again = generate(&wheels, Some(&manifest), Given::default(), "release").unwrap().manifest;
        prop_assert_eq!(again, manifest);
    }

    /// Changes that a disk, a network or a person makes: bytes replaced, cut out, put in, doubled.
    #[test]
    fn mutated_files(
        file in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, "[\"{}\\[\\]:,.0-9a-f/\\\\n-]{1,3}", 1..40_usize), 1..5),
    ) {
        let mut text: Vec<char> = FILES[file].chars().collect();
        for (index, kind, new, length) in changes {
            let start = index.index(text.len());
            let end = (start + length).min(text.len());
            match kind {
                0 => drop(text.splice(start..=start, new.chars())),
                1 => drop(text.drain(start..end)),
                2 => drop(text.splice(start..start, new.chars())),
                _ => {
                    let doubled: Vec<char> = text[start..end].to_vec();
                    text.splice(start..start, doubled);
                }
            }
            prop_assume!(!text.is_empty());
        }
        survives(&text.into_iter().collect::<String>());
    }

    /// Values of the right JSON put into the wrong places.
    #[test]
    fn swapped_values(file in 0..FILES.len(), key in any::<prop::sample::Index>(), value in json_value()) {
        let mut root: Value = serde_json::from_str(FILES[file]).unwrap();
        let keys: Vec<String> = root.as_object().unwrap().keys().cloned().collect();
        root[&keys[key.index(keys.len())]] = value;
        survives(&root.to_string());
    }

    /// As `sha256sum -c` reads it.
    #[test]
    fn sums_come_back(path in "[a-z\\\\\n\r -]{1,12}") {
        let digest = Sha256::parse(&"a".repeat(64)).unwrap();
        let line = sha256sums_line(&digest, &path);
        let line = line.strip_suffix('\n').unwrap();
        prop_assert!(!line.contains('\n'));
        let (escaped, rest) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
        let (_, name) = rest.split_once("  ").unwrap();
        let mut read = String::new();
        let mut characters = name.chars();
        while let Some(character) = characters.next() {
            read.push(match (escaped, character) {
                (true, '\\') => match characters.next().unwrap() { 'n' => '\n', 'r' => '\r', other => other },
                _ => character,
            });
        }
        prop_assert_eq!(read, path);
    }

    /// As the runner reads the file: one output, with this value, whatever is in it.
    #[test]
    fn outputs_come_back(value in "(END_OF_VALUE_{0,3}|[a-z=<\n\r]){0,12}", before in "[a-z]{1,4}") {
        let text = format!("{}{}", github_output_line("first", &before).unwrap(), github_output_line("second", &value).unwrap());
        let mut outputs = Vec::new();
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            rest = after;
            match (line.find('='), line.find("<<")) {
                (equals, Some(heredoc)) if equals.is_none_or(|equals| heredoc < equals) => {
                    let end = format!("\n{}\n", &line[heredoc + 2..]);
                    let (value, after) = rest.split_once(&end).unwrap();
                    outputs.push((&line[..heredoc], value));
                    rest = after;
                }
                _ => outputs.push(line.split_once('=').unwrap()),
            }
        }
        prop_assert_eq!(outputs, [("first", before.as_str()), ("second", value.as_str())]);
    }
}
