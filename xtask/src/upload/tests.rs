//! Destinations, names, keys and commands, for both systems.

use manifest::{Artifact, Ci, Extra, Labels, RelativePath, Status};

use super::*;
use crate::host::{Environment, Memory, Terminal};

fn host(platform: Platform, env: &[(&str, &str)]) -> Host {
    Host {
        platform,
        machine: "x86_64".to_owned(),
        cwd: if platform == Platform::Linux { "/w" } else { r"C:\w" }.to_owned(),
        env: Environment(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()),
        cpus: 1,
        memory: Memory::default(),
        terminal: Terminal::Dumb,
    }
}

fn sha256(digit: &str) -> Sha256 {
    Sha256::parse(&digit.repeat(64)).unwrap()
}

fn manifest(platform: &str, wheels: &[&str]) -> Manifest {
    let artifact = |path: &&str| Artifact {
        relative_path: RelativePath::parse(path).unwrap(),
        size_bytes: 5,
        sha256: sha256("a"),
        source: None,
        labels: Labels::new("release"),
        planned_version: None,
        requires_dist: None,
        gfx_targets: None,
        split_from: None,
        extra: Extra::new(),
    };
    Manifest {
        platform: Some(platform.to_owned()),
        amdgpu_family: Some("gfx94X-dcgpu".to_owned()),
        run_id: Some("123".to_owned()),
        artifacts: wheels.iter().map(artifact).collect(),
        ..Manifest::new(Status::Complete)
    }
}

#[test]
fn destinations() {
    let bucket = |name: &str, prefix: &str| Ok(Destination::Bucket(Bucket { name: name.to_owned(), prefix: prefix.to_owned() }));
    let folder = |path: &str| Ok(Destination::Folder(path.to_owned()));
    let plain = "a name is 1 to 128 letters, digits and `-_.+=@`";
    let no_bucket =
        |name: &str| Err(format!("`{name}` is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens"));
    let neither = || Err("it is neither `s3://BUCKET[/PREFIX]` nor a folder".to_owned());
    let windows = |part: &str| Err(format!("the prefix has `{part}` in it: it means something else on Windows"));
    for (platform, text, expected) in [
        (Platform::Linux, "s3://therock-ci-artifacts", bucket("therock-ci-artifacts", "")),
        (Platform::Linux, "s3://a.b-1/", bucket("a.b-1", "")),
        (Platform::Windows, "s3://bucket/some/prefix/", bucket("bucket", "some/prefix")),
        (Platform::Linux, "s3://bucket/--x/v=1.0+a@b", bucket("bucket", "--x/v=1.0+a@b")),
        (Platform::Linux, "s3://", no_bucket("")),
        (Platform::Linux, "s3://ab", no_bucket("ab")),
        (Platform::Linux, "s3://Bucket", no_bucket("Bucket")),
        (Platform::Linux, "s3://-bucket", no_bucket("-bucket")),
        (Platform::Linux, "s3://bucket-", no_bucket("bucket-")),
        (Platform::Linux, "s3://a..b", no_bucket("a..b")),
        (Platform::Linux, "s3://192.168.1.2", no_bucket("192.168.1.2")),
        (Platform::Linux, "s3://user:pw@host", no_bucket("user:pw@host")),
        (Platform::Linux, "s3://b\nc", no_bucket(r"b\nc")),
        (Platform::Linux, "s3://bucket//a", Err(format!("the prefix has `` in it: {plain}"))),
        (Platform::Linux, "s3://bucket/a//", Err(format!("the prefix has `` in it: {plain}"))),
        (Platform::Linux, "s3://bucket/a b", Err(format!("the prefix has `a b` in it: {plain}"))),
        (Platform::Linux, "s3://bucket/a?x", Err(format!("the prefix has `a?x` in it: {plain}"))),
        (Platform::Linux, r"s3://bucket/a\b", Err(format!(r"the prefix has `a\b` in it: {plain}"))),
        (Platform::Linux, "s3://bucket/..", windows("..")),
        (Platform::Linux, "s3://bucket/a/../b", windows("..")),
        (Platform::Linux, "s3://bucket/nul", windows("nul")),
        (Platform::Linux, "https://bucket.s3.amazonaws.com/a", neither()),
        (Platform::Linux, "S3://bucket", neither()),
        (Platform::Linux, "s3:bucket", neither()),
        (Platform::Linux, "file:///srv", neither()),
        (Platform::Linux, "gs://bucket", neither()),
        (Platform::Linux, "-x", Err("it looks like an option".to_owned())),
        (Platform::Linux, "", Err("the path is empty".to_owned())),
        (Platform::Linux, "a\nb", Err(r#"the path "a\nb" has a control character in it"#.to_owned())),
        (Platform::Linux, "./-x", folder("/w/-x")),
        (Platform::Linux, "/srv/a b", folder("/srv/a b")),
        (Platform::Linux, "./a:b", folder("/w/a:b")),
        (Platform::Windows, "D:/up", folder(r"D:\up")),
        (Platform::Windows, "up", folder(r"C:\w\up")),
        (Platform::Windows, "D:up", Err("`D:up` is relative to the current directory of its drive".to_owned())),
    ] {
        let found = Destination::parse(text, &host(platform, &[])).map_err(|error| match error {
            UploadError::Dest { fault, .. } => fault.to_string(),
            error => error.to_string(),
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn folders_of_wheels_take_no_uploads() {
    for (platform, dest, wheels, inside) in [
        (Platform::Linux, "/w/dist", "/w/dist", true),
        (Platform::Linux, "/w/dist/up", "/w/dist", true),
        (Platform::Linux, "/w/dist-up", "/w/dist", false),
        (Platform::Linux, "/w", "/w/dist", false),
        (Platform::Linux, "/W/DIST", "/w/dist", false),
        (Platform::Windows, r"C:\w\Dist\up", r"C:\W\dist", true),
        (Platform::Windows, r"D:\w\dist", r"C:\w\dist", false),
    ] {
        let found = Destination::Folder(dest.to_owned()).outside(wheels, platform);
        assert_eq!(found, if inside { Err(UploadError::Into(dest.to_owned())) } else { Ok(()) }, "{dest}");
    }
}

#[test]
fn names_are_one_part_of_a_key() {
    let form = || Some(NameFault::Form("-_.+"));
    for (text, expected) in [
        ("19876543210", None),
        ("gfx94X-dcgpu", None),
        ("a_b.c+d", None),
        ("", form()),
        ("a/b", form()),
        ("a\\b", form()),
        ("a\n", form()),
        ("a\u{1b}[31m", form()),
        ("a b", form()),
        ("a;b", form()),
        ("ü", form()),
        (&"x".repeat(129), form()),
        ("-x", Some(NameFault::Begin('-'))),
        ("--dry-run", Some(NameFault::Begin('-'))),
        ("..", Some(NameFault::Begin('.'))),
        (".hidden", Some(NameFault::Begin('.'))),
        ("a.", Some(NameFault::Windows)),
        ("NUL", Some(NameFault::Windows)),
        ("con.1", Some(NameFault::Windows)),
    ] {
        let found = Name::parse(Part::Run, text).err();
        let expected = expected.map(|fault| UploadError::Name { part: Part::Run, text: text.to_owned(), fault });
        assert_eq!(found, expected, "{text}");
    }
}

/// The places of all objects.
fn urls(dest: &str, platform: &str, host: &Host, run: Option<&str>, family: Option<&str>) -> Result<Vec<String>, Vec<String>> {
    let dest = Destination::parse(dest, host).unwrap();
    let name = |part, text: Option<&str>| text.map(|text| Name::parse(part, text).unwrap());
    let manifest = Manifest {
        ci: Some(Ci { repository: Some("Me/fork".to_owned()), ..Ci::default() }),
        ..manifest(platform, &["b.whl", "a/c.whl"])
    };
    let texts = |errors: Vec<UploadError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
    let layout = Layout::new(dest, name(Part::Run, run), name(Part::Family, family), &manifest, host).map_err(texts)?;
    let path = host.platform.join(&host.cwd, "dist/manifests/m.json");
    let file = ManifestFile { path, size: 1, sha256: sha256("b") };
    let objects = layout.objects(&manifest, &host.platform.join(&host.cwd, "dist"), &file, host.platform).unwrap();
    Ok(objects.into_iter().map(|object| format!("{} -> {}", object.from, object.url)).collect())
}

#[test]
fn layouts() {
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_RUN_ID", "77"), ("GITHUB_REPOSITORY", "Some/where")];
    let (linux, windows) = (host(Platform::Linux, &[]), host(Platform::Windows, &[]));
    let on_github = host(Platform::Linux, &github);
    let elsewhere = host(Platform::Linux, &github[1..]);
    let wheels =
        |base: &str| [format!("/w/dist/a/c.whl -> {base}/python/a/c.whl"), format!("/w/dist/b.whl -> {base}/python/b.whl")];
    let whole = |base: &str, family: &str| {
        let manifest = format!("/w/dist/manifests/m.json -> {base}/manifests/{family}/m.json");
        Ok(wheels(base).into_iter().chain([manifest]).collect::<Vec<_>>())
    };
    let linux_64 = "linux-x86_64";
    assert_eq!(urls("s3://bucket", linux_64, &linux, None, None), whole("s3://bucket/123-linux", "gfx94X-dcgpu"));
    assert_eq!(urls("s3://bucket/p/q", linux_64, &linux, Some("9"), Some("gfx1")), whole("s3://bucket/p/q/9-linux", "gfx1"));
    // The system is the wheels', not this machine's.
    assert_eq!(urls("s3://bucket", "windows-amd64", &linux, None, None), whole("s3://bucket/123-windows", "gfx94X-dcgpu"));
    // GitHub's variables mean something only where it says that it is there.
    assert_eq!(urls("s3://bucket", linux_64, &on_github, None, None), whole("s3://bucket/77-linux", "gfx94X-dcgpu"));
    assert_eq!(urls("s3://bucket", linux_64, &elsewhere, None, None), whole("s3://bucket/123-linux", "gfx94X-dcgpu"));
    assert_eq!(
        urls("s3://b-external", linux_64, &on_github, None, None),
        whole("s3://b-external/Some-where/77-linux", "gfx94X-dcgpu")
    );
    assert_eq!(
        urls("s3://b-external/p", linux_64, &elsewhere, None, None),
        whole("s3://b-external/p/Me-fork/123-linux", "gfx94X-dcgpu")
    );
    assert_eq!(urls("/srv/x-external", linux_64, &on_github, None, None), whole("/srv/x-external/77-linux", "gfx94X-dcgpu"));
    assert_eq!(
        urls(r"D:\up", "windows-amd64", &windows, None, None),
        Ok(vec![
            r"C:\w\dist\a\c.whl -> D:\up\123-windows\python\a\c.whl".to_owned(),
            r"C:\w\dist\b.whl -> D:\up\123-windows\python\b.whl".to_owned(),
            r"C:\w\dist\manifests\m.json -> D:\up\123-windows\manifests\gfx94X-dcgpu\m.json".to_owned(),
        ])
    );
    assert_eq!(
        urls("s3://bucket", "macos-arm64", &linux, None, None),
        Err(vec!["the manifest's platform is `macos-arm64`, and wheels are filed under linux and windows".to_owned()])
    );
}

#[test]
fn what_nobody_tells_is_asked_for() {
    let bucket = || Destination::Bucket(Bucket { name: "b-external".to_owned(), prefix: String::new() });
    let texts = |manifest: &Manifest, env: &[(&str, &str)]| -> Vec<String> {
        let errors = Layout::new(bucket(), None, None, manifest, &host(Platform::Linux, env)).unwrap_err();
        errors.iter().map(|error| format!("{error} ({})", error.hint())).collect()
    };
    assert_eq!(
        texts(&Manifest::new(Status::Complete), &[]),
        [
            "no run to file the wheels under: this is no run of GitHub Actions, and the manifest names none (give `--run-id ID`)",
            "no family to file the manifest under: the manifest names none (give `--family FAMILY`)",
            "the manifest's platform is not told, and wheels are filed under linux and windows \
             (write the manifest anew with `manifest generate --platform NAME`)",
            "keys in bucket `b-external` begin with a repository: this is no run of GitHub Actions, and the manifest names none \
             (set `GITHUB_ACTIONS=true` and `GITHUB_REPOSITORY=OWNER/NAME`)",
        ]
    );
    let hostile = Manifest {
        run_id: Some("../1".to_owned()),
        amdgpu_family: Some("gfx94X-dcgpu;gfx120X-all".to_owned()),
        ..manifest("linux-x86_64", &[])
    };
    assert_eq!(
        texts(&hostile, &[("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "a/b/../c")]),
        [
            "run id `../1` cannot be part of a key: it begins with `.` (give another one with `--run-id`)",
            "no family to file the manifest under: the manifest names several: gfx94X-dcgpu, gfx120X-all (give `--family FAMILY`)",
            "repository `a/b/../c` is not `OWNER/NAME` (set `GITHUB_ACTIONS=true` and `GITHUB_REPOSITORY=OWNER/NAME`)",
        ]
    );
}

#[test]
fn a_manifest_whose_file_no_key_could_end_in() {
    let manifest = manifest("linux-x86_64", &[]);
    let host = host(Platform::Linux, &[]);
    let (run, family) = (Name::parse(Part::Run, "1").ok(), Name::parse(Part::Family, "f").ok());
    let dest = Destination::parse("s3://bucket", &host).unwrap();
    let layout = Layout::new(dest, run, family, &manifest, &host).unwrap();
    let file = ManifestFile { path: "/w/my manifest.json".to_owned(), size: 1, sha256: sha256("b") };
    let error = layout.objects(&manifest, "/w", &file, host.platform).unwrap_err();
    assert_eq!(
        format!("{error} ({})", error.hint()),
        "file name `my manifest.json` cannot be part of a key: a name is 1 to 128 letters, digits and `-_.+` (rename the manifest)"
    );
}

fn object(size: u64) -> Object {
    Object {
        key: "--p/1-linux/python/-a b.whl".to_owned(),
        url: "s3://bucket/--p/1-linux/python/-a b.whl".to_owned(),
        from: "/w/-a b.whl".to_owned(),
        size,
        sha256: sha256("a"),
        content_type: "application/zip",
    }
}

#[test]
fn what_is_there_decides() {
    let content = |size, digit: Option<&str>| Present::Content { size, sha256: digit.map(sha256) };
    for (there, expected) in [
        (Present::Nothing, Verdict::Send),
        (content(5, Some("a")), Verdict::Keep),
        (content(5, None), Verdict::Read),
        (content(5, Some("b")), Verdict::Conflict),
        (content(4, Some("a")), Verdict::Conflict),
        (content(4, None), Verdict::Conflict),
    ] {
        assert_eq!(object(5).against(&there), expected, "{there:?}");
    }
    let start = "`s3://bucket/--p/1-linux/python/-a b.whl` is there with other content: 4 bytes";
    let end = format!("`/w/-a b.whl` has 5 bytes with SHA-256 {}", "a".repeat(64));
    assert_eq!(object(5).conflict(&content(4, None)), format!("{start} without a known SHA-256; {end}"));
    assert_eq!(object(5).conflict(&content(4, Some("b"))), format!("{start} with SHA-256 {}; {end}", "b".repeat(64)));
}

#[test]
fn commands_of_aws() {
    let limits = "--cli-connect-timeout=10|--cli-read-timeout=60";
    let hash = "a".repeat(64);
    let api = |operation: &str, more: &str| format!("s3api|{operation}|--bucket=bucket|{more}|--output=json|{limits}");
    assert_eq!(aws::list("bucket", "--p/").join("|"), api("list-objects-v2", "--prefix=--p/"));
    assert_eq!(aws::head("bucket", "--p/x").join("|"), api("head-object", "--key=--p/x"));
    assert_eq!(aws::remove("bucket", "--p/x").join("|"), api("delete-object", "--key=--p/x"));
    assert_eq!(aws::read("s3://bucket/--p").join("|"), format!("s3|cp|s3://bucket/--p|-|{limits}"));
    let noted = format!("--metadata=sha256={hash}|--content-type=application/zip");
    let put = format!("--key=--p/1-linux/python/-a b.whl|--body=/w/-a b.whl|--if-none-match=*|{noted}");
    assert_eq!(aws::send("bucket", &object(aws::SINGLE)).join("|"), api("put-object", &put));
    assert_eq!(
        aws::send("bucket", &object(aws::SINGLE + 1)).join("|"),
        format!("s3|cp|/w/-a b.whl|s3://bucket/--p/1-linux/python/-a b.whl|{noted}|--only-show-errors|{limits}")
    );
}

#[test]
fn answers_of_aws() {
    let listed = |text: &str| aws::listed(text).map(|found| found.into_iter().collect::<Vec<_>>());
    assert_eq!(listed(""), Ok(vec![]));
    assert_eq!(listed(r#"{"RequestCharged": null}"#), Ok(vec![]));
    assert_eq!(listed(r#"{"Contents": null}"#), Ok(vec![]));
    let two = r#"{"Contents": [{"Key": "b", "Size": 2, "ETag": "x"}, {"Key": "a", "Size": 1}]}"#;
    assert_eq!(listed(two), Ok(vec![("a".to_owned(), 1), ("b".to_owned(), 2)]));
    assert_eq!(listed(r#"{"Contents": {}}"#), Err("`Contents` is no list".to_owned()));
    assert_eq!(listed(r#"{"Contents": [{"Key": "a"}]}"#), Err("an object has no `Key` or no `Size`".to_owned()));
    assert_eq!(listed("Contents"), Err("it is not JSON: expected value at line 1 column 1".to_owned()));

    let noted = |metadata: &str| aws::noted(&format!(r#"{{"ContentLength": 5, "Metadata": {metadata}}}"#));
    let content = |sha256| Ok(Present::Content { size: 5, sha256 });
    assert_eq!(noted(&format!(r#"{{"sha256": "{}"}}"#, "a".repeat(64))), content(Some(sha256("a"))));
    assert_eq!(noted(r#"{"sha256": "ABC"}"#), content(None));
    assert_eq!(noted("{}"), content(None));
    assert_eq!(aws::noted(r#"{"ContentLength": 5}"#), content(None));
    assert_eq!(aws::noted("{}"), Err("it has no `ContentLength`".to_owned()));
}
