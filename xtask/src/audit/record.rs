//! `RECORD`: whether it lists every member, nothing else, and each as it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use manifest::shown;

use super::wheel::{Function, Hash, Wheel};
use super::{Code, Finding};

/// A line of a `RECORD`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    path: String,
    /// `sha256=…`, or nothing.
    hash: String,
    /// A number, or nothing.
    size: String,
}

/// The members whose hashes are made by a function other than SHA-256.
pub fn functions(text: &str) -> BTreeMap<String, Function> {
    let unusual = |row: Row| {
        let function = Function::parse(row.hash.split_once('=')?.0).filter(|function| *function != Function::Sha256)?;
        Some((row.path, function))
    };
    rows(text).unwrap_or_default().into_iter().filter_map(unusual).collect()
}

/// The files that a `RECORD` lists; of one that cannot be read, none.
pub fn paths(text: &str) -> Vec<String> {
    rows(text).unwrap_or_default().into_iter().map(|row| row.path).collect()
}

/// What is wrong with the `RECORD` in the folder of that name.
pub fn findings(wheel: &Wheel, dist_info: &str) -> Vec<Finding> {
    let own = format!("{dist_info}/RECORD");
    if !wheel.members.iter().any(|member| member.name == own) {
        return vec![Finding::new(Code::Record, format!("there is no `{}`", shown(&own)))];
    }
    // What could not be unpacked is told already.
    let Some(text) = wheel.text(&own) else { return Vec::new() };
    let rows = match rows(text) {
        Ok(rows) => rows,
        Err(line) => {
            return vec![Finding::of_member(
                Code::Record,
                &own,
                format!("line {line} is not a path, a hash and a size with commas between"),
            )];
        }
    };
    let mut listed: HashMap<&str, &Row> = HashMap::new();
    let mut seen = HashSet::new();
    let mut findings = Vec::new();
    for row in &rows {
        if listed.insert(&row.path, row).is_some() {
            findings.push(Finding::of_member(Code::Record, &own, format!("it lists `{}` twice", shown(&row.path))));
        }
    }
    let signatures = [format!("{own}.jws"), format!("{own}.p7s")];
    for member in &wheel.members {
        // Of two with one name the archive's audit tells.
        if !seen.insert(member.name.as_str()) {
            continue;
        }
        match listed.remove(member.name.as_str()) {
            _ if signatures.contains(&member.name) => {}
            Some(row) => findings.extend(compared(row, member.size, member.hash.as_ref(), member.name == own)),
            None if member.name == own => {}
            None => findings.push(Finding::of_member(Code::RecordUnlisted, &member.name, "`RECORD` does not list it")),
        }
    }
    let mut absent: Vec<&str> = listed.into_keys().filter(|path| !signatures.iter().any(|name| name == path)).collect();
    absent.sort_unstable();
    findings
        .extend(absent.iter().map(|path| Finding::of_member(Code::RecordAbsent, path, "`RECORD` lists it, and it is not there")));
    findings
}

/// What a line says of a member that is not so. `RECORD` cannot have its own hash.
fn compared(row: &Row, size: u64, hash: Option<&Hash>, is_own: bool) -> Option<Finding> {
    let wrong = |text: String| Some(Finding::of_member(Code::RecordHash, &row.path, text));
    if is_own && row.hash.is_empty() {
        return None;
    }
    let hash = hash?;
    let Some((function, value)) = row.hash.split_once('=') else {
        return wrong("`RECORD` has no hash of it".to_owned());
    };
    if Function::parse(function).is_none() {
        return wrong(format!("`RECORD` has only its `{}`, which proves nothing", shown(function)));
    }
    if value.trim_end_matches('=') != base64(&hash.bytes) {
        return wrong(format!("its {function} is `{}`, and `RECORD` says `{}`", base64(&hash.bytes), shown(value)));
    }
    if !row.size.is_empty() && row.size.parse() != Ok(size) {
        return wrong(format!("it has {size} bytes, and `RECORD` says {}", shown(&row.size)));
    }
    None
}

/// The lines of a `RECORD`, which is comma separated values; or the number of the first line that is none.
fn rows(text: &str) -> Result<Vec<Row>, usize> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let fields = fields(line).ok_or(index + 1)?;
        let [path, hash, size] = <[String; 3]>::try_from(fields).map_err(|_| index + 1)?;
        rows.push(Row { path, hash, size });
    }
    Ok(rows)
}

/// The fields of a line; where one has a comma or a quote, it stands in quotes, which are doubled in it.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
            Some(quoted) => quoted_field(quoted)?,
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(fields),
        }
    }
}

fn quoted_field(mut rest: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

/// The form in which a `RECORD` has hashes: Base64 for addresses, without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letter = |index: usize| char::from(LETTERS[(bits >> (18 - 6 * index) & 63) as usize]);
        text.extend((0..=chunk.len()).map(letter));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, expected) in [
            ("a/b.py,sha256=x,12", Some(&["a/b.py", "sha256=x", "12"][..])),
            ("a,,", Some(&["a", "", ""])),
            ("\"a,b\",,", Some(&["a,b", "", ""])),
            ("\"a\"\"b\",\"\",1", Some(&["a\"b", "", "1"])),
            ("\"a\"b,,", None),
            ("\"a,,", None),
            ("", Some(&[""])),
        ] {
            assert_eq!(fields(line), expected.map(|fields| fields.iter().map(ToString::to_string).collect()), "{line}");
        }
        assert_eq!(rows("a,,\n\nb,,\nc,"), Err(4));
        assert_eq!(rows("a,,\r\n").unwrap(), [Row { path: "a".to_owned(), hash: String::new(), size: String::new() }]);
    }

    #[test]
    fn base64_as_in_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "-_8");
    }
}
