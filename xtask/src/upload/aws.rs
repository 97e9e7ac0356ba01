//! What the `aws` program is asked, as its arguments, and what its answers say. Version 1 and 2 take the same words. Every value that is not ours
//! stands behind `--flag=` or is an absolute path or an `s3://` address, so none is taken for an option; and none begins with `file://`, by which
//! the program would read a file.

use std::collections::BTreeMap;

use manifest::Sha256;
use serde_json::Value;

use super::{Object, Present};

/// Up to this size a file is one request, which the server takes only if nothing has its key. A larger one goes in parts, side by side and
/// tried again one by one; `aws s3 cp` of version 1 cannot make these depend on anything.
pub const SINGLE: u64 = 64 << 20;

/// What the environment of `aws` gets on top: no pager that waits for a key, no questions.
pub const ENV: [(&str, Option<&str>); 2] = [("AWS_PAGER", Some("")), ("AWS_CLI_AUTO_PROMPT", Some("off"))];

/// How a server that does not answer comes to an end; how often `aws` tries again is its own setting, five times or three by default.
const LIMITS: [&str; 2] = ["--cli-connect-timeout=10", "--cli-read-timeout=60"];

/// The keys that begin with `prefix`, and their sizes. Of a whole folder it costs one request for a thousand objects, and unlike a question for
/// a single object it tells "not there" from "not allowed".
pub fn list(bucket: &str, prefix: &str) -> Vec<String> {
    api("list-objects-v2", bucket, &[format!("--prefix={prefix}")])
}

/// What is noted of an object: its size and metadata.
pub fn head(bucket: &str, key: &str) -> Vec<String> {
    api("head-object", bucket, &[format!("--key={key}")])
}

/// Removes an object.
pub fn remove(bucket: &str, key: &str) -> Vec<String> {
    api("delete-object", bucket, &[format!("--key={key}")])
}

/// Prints an object.
pub fn read(url: &str) -> Vec<String> {
    copy(&[url.to_owned(), "-".to_owned()])
}

/// Uploads a file with its hash as metadata.
pub fn send(bucket: &str, object: &Object) -> Vec<String> {
    let noted = [format!("--metadata=sha256={}", object.sha256), format!("--content-type={}", object.content_type)];
    if object.size > SINGLE {
        let [metadata, content_type] = noted;
        return copy(&[object.from.clone(), object.url.clone(), metadata, content_type, "--only-show-errors".to_owned()]);
    }
    let what = [format!("--key={}", object.key), format!("--body={}", object.from), "--if-none-match=*".to_owned()];
    api("put-object", bucket, &[what.as_slice(), &noted].concat())
}

fn api(operation: &str, bucket: &str, more: &[String]) -> Vec<String> {
    let fixed = ["s3api", operation].map(str::to_owned).into_iter().chain([format!("--bucket={bucket}")]);
    let limits = ["--output=json"].iter().chain(&LIMITS).map(|word| (*word).to_owned());
    fixed.chain(more.iter().cloned()).chain(limits).collect()
}

fn copy(more: &[String]) -> Vec<String> {
    let fixed = ["s3", "cp"].map(str::to_owned).into_iter();
    fixed.chain(more.iter().cloned()).chain(LIMITS.iter().map(|word| (*word).to_owned())).collect()
}

/// The answer to [`list`]. Where nothing is, `aws` may print nothing at all.
///
/// # Errors
/// In words: what is wrong with it.
pub fn listed(answer: &str) -> Result<BTreeMap<String, u64>, String> {
    if answer.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let answer = json(answer)?;
    let objects = match answer.get("Contents") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(objects) => objects.as_array().ok_or("`Contents` is no list")?,
    };
    let object = |object: &Value| Some((object.get("Key")?.as_str()?.to_owned(), object.get("Size")?.as_u64()?));
    objects.iter().map(|it| object(it).ok_or_else(|| "an object has no `Key` or no `Size`".to_owned())).collect()
}

/// The answer to [`head`]. Metadata that is no hash is none of ours.
///
/// # Errors
/// In words: what is wrong with it.
pub fn noted(answer: &str) -> Result<Present, String> {
    let answer = json(answer)?;
    let size = answer.get("ContentLength").and_then(Value::as_u64).ok_or("it has no `ContentLength`")?;
    let sha256 = answer.get("Metadata").and_then(|metadata| metadata.get("sha256")).and_then(Value::as_str);
    Ok(Present::Content { size, sha256: sha256.and_then(|text| Sha256::parse(text).ok()) })
}

fn json(answer: &str) -> Result<Value, String> {
    serde_json::from_str(answer).map_err(|error| format!("it is not JSON: {error}"))
}
