//! Which wheel of one manifest is which of another.

use std::collections::BTreeMap;

use crate::model::Artifact;
use crate::wheel::WheelName;

type Pair<'a> = (Option<&'a Artifact>, Option<&'a Artifact>);

/// Both sides' wheels in pairs, in the order of names and paths.
pub(super) fn pairs<'a>(before: &'a [Artifact], after: &'a [Artifact]) -> Vec<Pair<'a>> {
    let (mut before, mut after): (Vec<&Artifact>, Vec<&Artifact>) = (before.iter().collect(), after.iter().collect());
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for key in [by_path, by_tags, by_distribution] {
        let (matched, rest_before, rest_after) = take_pairs(before, after, key);
        pairs.extend(matched.into_iter().map(|(before, after)| (Some(before), Some(after))));
        (before, after) = (rest_before, rest_after);
    }
    pairs.extend(before.into_iter().map(|artifact| (Some(artifact), None)));
    pairs.extend(after.into_iter().map(|artifact| (None, Some(artifact))));
    pairs.sort_by_cached_key(|(before, after)| {
        after.or(*before).map(|artifact| (name(artifact), artifact.relative_path.as_str().to_owned()))
    });
    pairs
}

/// The distribution in normalised form, or the file's name.
pub(super) fn name(artifact: &Artifact) -> String {
    let file_name = artifact.relative_path.file_name();
    WheelName::parse(file_name).map_or_else(|_| file_name.to_owned(), |wheel| wheel.normalized_distribution())
}

fn by_path(artifact: &Artifact) -> String {
    artifact.relative_path.as_str().to_owned()
}

fn by_tags(artifact: &Artifact) -> String {
    let tags = WheelName::parse(artifact.relative_path.file_name())
        .map(|wheel| format!("{}-{}-{}", wheel.python_tag(), wheel.abi_tag(), wheel.platform_tag()));
    format!("{}\0{}", by_distribution(artifact), tags.unwrap_or_default())
}

fn by_distribution(artifact: &Artifact) -> String {
    let folder = artifact.relative_path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}\0{}", name(artifact))
}

type Taken<'a> = (Vec<(&'a Artifact, &'a Artifact)>, Vec<&'a Artifact>, Vec<&'a Artifact>);

/// Takes out the wheels whose key only one on each side has.
fn take_pairs<'a>(before: Vec<&'a Artifact>, after: Vec<&'a Artifact>, key: fn(&Artifact) -> String) -> Taken<'a> {
    let mut groups: BTreeMap<String, (Vec<&Artifact>, Vec<&Artifact>)> = BTreeMap::new();
    for artifact in before {
        groups.entry(key(artifact)).or_default().0.push(artifact);
    }
    for artifact in after {
        groups.entry(key(artifact)).or_default().1.push(artifact);
    }
    let mut taken = Taken::default();
    for (before, after) in groups.into_values() {
        if let ([before], [after]) = (&before[..], &after[..]) {
            taken.0.push((before, after));
        } else {
            taken.1.extend(before);
            taken.2.extend(after);
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::{name, pairs};
    use crate::checked::{RelativePath, Sha256};
    use crate::folder::FolderFile;
    use crate::model::Artifact;

    fn artifacts(paths: &[&str]) -> Vec<Artifact> {
        let artifact = |path: &&str| {
            let file = FolderFile { path: (*path).to_owned(), size_bytes: 1, sha256: Sha256::parse(&"0".repeat(64)).unwrap() };
            file.artifact(RelativePath::parse(path).unwrap(), "release")
        };
        paths.iter().map(artifact).collect()
    }

    #[test]
    fn wheels_find_each_other() {
        let before = artifacts(&[
            "torch-1-cp312-cp312-linux_x86_64.whl",
            "torch-1-cp313-cp313-linux_x86_64.whl",
            "triton-1-cp312-cp312-linux_x86_64.whl",
            "apex-1-cp312-cp312-linux_x86_64.whl",
            "a/x-1-py3-none-any.whl",
            "odd.whl",
        ]);
        let after = artifacts(&[
            "Torch-2-cp313-cp313-linux_x86_64.whl",
            "torch-2-cp312-cp312-linux_x86_64.whl",
            "triton-2-cp312-cp312-manylinux_2_28_x86_64.whl",
            "b/x-1-py3-none-any.whl",
            "odd.whl",
        ]);
        let path = |artifact: Option<&Artifact>| artifact.map_or("-".to_owned(), |artifact| artifact.relative_path.to_string());
        let found: Vec<String> =
            pairs(&before, &after).into_iter().map(|(before, after)| format!("{} {}", path(before), path(after))).collect();
        assert_eq!(
            found,
            [
                "apex-1-cp312-cp312-linux_x86_64.whl -",
                "odd.whl odd.whl",
                "torch-1-cp313-cp313-linux_x86_64.whl Torch-2-cp313-cp313-linux_x86_64.whl",
                "torch-1-cp312-cp312-linux_x86_64.whl torch-2-cp312-cp312-linux_x86_64.whl",
                "triton-1-cp312-cp312-linux_x86_64.whl triton-2-cp312-cp312-manylinux_2_28_x86_64.whl",
                "a/x-1-py3-none-any.whl -",
                "- b/x-1-py3-none-any.whl",
            ]
        );
        assert_eq!(name(&before[4]), "x");
    }
}
