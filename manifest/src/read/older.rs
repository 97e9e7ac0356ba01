//! The format with `sources` and `artifacts`, which the first manifests of these wheels had, in terms of version 1.
//!
//! It has the sources below one key, `remote` for `repo`, null for what could not be found, and no hashes.

use serde_json::{Map, Value, json};

use super::{ManifestError, kind};
use crate::project::Project;

/// That format has no version; a later one that comes to have `sources` has one.
pub(super) fn is_older(keys: &Map<String, Value>) -> bool {
    keys.contains_key("sources") && keys.get("schema_version").is_none_or(Value::is_null)
}

/// Moves everything to where version 1 has it. What git could not say about a source or about TheRock was null; without a
/// commit or repository there is no source, and so no entry.
pub(super) fn modernize(keys: &mut Map<String, Value>) -> Result<(), ManifestError> {
    let sources = match keys.shift_remove("sources") {
        Some(Value::Object(sources)) => sources,
        other => return Err(ManifestError::Older(format!("it must be a JSON object, not {}", kind(&other.unwrap_or_default())))),
    };
    for (name, mut source) in sources {
        let project = Project::ALL.into_iter().find(|project| project.key() == name);
        let project = project.ok_or_else(|| ManifestError::Older(format!("unknown project `{}`", crate::shown::shown(&name))))?;
        if let Some(fields) = source.as_object_mut() {
            if let Some(remote) = fields.shift_remove("remote") {
                fields.entry("repo").or_insert(remote);
            }
            if ["repo", "commit"].iter().any(|field| fields.get(*field).is_none_or(Value::is_null)) {
                continue;
            }
        }
        keys.insert(project.key().to_owned(), source);
    }
    modernize_therock(keys);
    set_artifacts_apart(keys);
    Ok(())
}

fn modernize_therock(keys: &mut Map<String, Value>) {
    let Some(Value::Object(therock)) = keys.get_mut("therock") else { return };
    if therock.values().all(Value::is_null) {
        keys.shift_remove("therock");
        return;
    }
    for field in ["repo", "commit"] {
        if therock.get(field).is_none_or(Value::is_null) {
            therock.insert(field.to_owned(), json!("unknown"));
        }
    }
}

fn set_artifacts_apart(keys: &mut Map<String, Value>) {
    let hashed = |artifacts: &Vec<Value>| artifacts.iter().all(|artifact| artifact.get("sha256").is_some());
    if keys.get("artifacts").and_then(Value::as_array).is_some_and(|artifacts| !hashed(artifacts))
        && let Some(artifacts) = keys.shift_remove("artifacts")
    {
        keys.insert("unhashed_artifacts".to_owned(), artifacts);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::model::Manifest;
    use crate::project::Project;

    const WITH_ARTIFACTS: &str = include_str!("artifacts.json");

    #[test]
    fn sources_and_artifacts() {
        let manifest = Manifest::parse(WITH_ARTIFACTS).unwrap();
        let sources: Vec<_> =
            manifest.sources().map(|(project, source)| (project, source.repo.as_str(), source.describe.as_deref())).collect();
        assert_eq!(
            sources,
            [
                (Project::Pytorch, "https://github.com/ROCm/pytorch.git", Some("v2.7.0-12-g1111111-dirty")),
                (Project::Triton, "https://github.com/ROCm/triton.git", None),
            ]
        );
        assert_eq!(manifest.pytorch.as_ref().unwrap().extra["dir"], json!("/therock/src/external-builds/pytorch/pytorch"));
        let therock = manifest.therock.as_ref().unwrap();
        assert_eq!(
            (therock.repo.as_str(), therock.git_ref.as_deref()),
            ("https://github.com/ROCm/TheRock", Some("refs/heads/main"))
        );
        assert_eq!((manifest.platform.as_deref(), manifest.run_id.as_deref()), (Some("linux-x86_64"), Some("123456")));
        assert_eq!((manifest.python_version.as_deref(), manifest.pytorch_git_ref.as_deref()), (Some("3.12"), Some("nightly")));
        assert_eq!((manifest.status, manifest.artifacts.len()), (None, 0));
        assert_eq!(manifest.extra["unhashed_artifacts"][0]["labels"]["version"], json!("2.7.0"));
        assert_eq!(manifest.extra.len(), 1);
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest);
    }

    #[test]
    fn the_last_form_before_it_was_flattened() {
        let commit = "a".repeat(40);
        let source = |repo: &str| json!({"commit": commit, "repo": repo});
        let text = json!({
            "schema_version": null,
            "sources": {"pytorch": source("r"), "pytorch_audio": source("s")},
            "therock": {"repo": "https://github.com/ROCm/TheRock.git", "commit": null, "branch": "main"},
        });
        let manifest = Manifest::parse(&text.to_string()).unwrap();
        assert_eq!(manifest.pytorch_audio.unwrap().repo, "s");
        let therock = manifest.therock.unwrap();
        assert_eq!((therock.commit.as_str(), therock.branch.as_deref()), ("unknown", Some("main")));
    }

    #[test]
    fn outside_of_ci_and_without_git_there_is_nothing() {
        let text = json!({
            "sources": {"pytorch": {"dir": "/x", "commit": "a".repeat(40), "describe": null, "remote": null}},
            "therock": {"repo": null, "commit": null, "ref": null}, "artifacts": [],
        });
        assert_eq!(Manifest::parse(&text.to_string()).unwrap(), Manifest::default());
    }

    #[test]
    fn refusals() {
        let table = [
            (json!({"sources": []}), "manifest with `sources`: it must be a JSON object, not an array"),
            (json!({"sources": null}), "manifest with `sources`: it must be a JSON object, not null"),
            (json!({"sources": {"torch": {}}}), "manifest with `sources`: unknown project `torch`"),
            (json!({"sources": {"triton": "x"}}), "manifest entry `triton`: it must be a JSON object, not a string"),
            (
                json!({"sources": {"triton": {"remote": "r", "commit": "HEAD"}}}),
                "manifest entry `triton`: commit `HEAD` is not 40 or 64 lower-case hexadecimal digits",
            ),
            (
                json!({"sources": {"triton": {"remote": "-u", "commit": "HEAD"}}}),
                "manifest entry `triton`: `repo` `-u` is not a repository",
            ),
            (
                json!({"sources": {}, "run_id": 5}),
                "manifest does not fit schema version 1: invalid type: integer `5`, expected a string",
            ),
        ];
        for (value, expected) in table {
            assert_eq!(Manifest::parse(&value.to_string()).unwrap_err().to_string(), expected);
        }
        // In a file with a version it is a key like any other.
        let later: Value = json!({"schema_version": 1, "sources": []});
        assert_eq!(Manifest::parse(&later.to_string()).unwrap().extra["sources"], json!([]));
    }
}
