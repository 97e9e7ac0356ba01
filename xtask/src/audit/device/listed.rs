//! What files hold, for people and for programs.

use std::collections::{BTreeMap, BTreeSet};

use manifest::{counted, shown, size};
use serde::Serialize;

use super::{CodeObject, Fault, Form, Target, targets};

/// The device code of a file that somebody named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileCode {
    /// The file, as it was named.
    pub file: String,
    /// The targets of all code in it.
    pub gfx_targets: BTreeSet<Target>,
    /// Every code object, in the order of the file.
    pub objects: Vec<Held<CodeObject>>,
    /// Everything that is wrong with one.
    pub faults: Vec<Held<FaultText>>,
}

/// Something that a file holds, or a member of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held<T> {
    /// The member of the wheel, as its archive spells it; absent where the file is no archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub what: T,
}

/// A fault, as JSON has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultText {
    /// Where what is wrong begins, in bytes from the beginning of the file or member.
    pub offset: u64,
    /// What is wrong, as a fragment.
    pub text: String,
}

impl FileCode {
    /// What one file holds; each part is a member's, or the file's own.
    pub fn new(file: &str, parts: Vec<(Option<String>, Vec<CodeObject>, Vec<Fault>)>) -> Self {
        let (mut objects, mut faults) = (Vec::new(), Vec::new());
        for (member, found, wrong) in parts {
            objects.extend(found.into_iter().map(|what| Held { member: member.clone(), what }));
            let text = |fault: Fault| FaultText { offset: fault.offset, text: fault.wrong.to_string() };
            faults.extend(wrong.into_iter().map(|fault| Held { member: member.clone(), what: text(fault) }));
        }
        let gfx_targets = targets(objects.iter().map(|held| &held.what));
        FileCode { file: file.to_owned(), gfx_targets, objects, faults }
    }

    /// The list for people: of each member how many objects there are for each target, in which form and of which size together.
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.gfx_targets.iter().map(Target::as_str).collect();
        let mut text = match names.len() {
            0 => format!("{}: no device code\n", shown(&self.file)),
            count => {
                format!("{}: device code for {}: {}\n", shown(&self.file), counted(count as u64, "target"), names.join(", "))
            }
        };
        let widest = names.iter().map(|name| name.len()).max().unwrap_or_default();
        let mut rows: BTreeMap<(Option<&str>, &Target, Form), (u64, u64)> = BTreeMap::new();
        for Held { member, what } in &self.objects {
            let sum = rows.entry((member.as_deref(), &what.target, what.form)).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(what.size));
        }
        let mut last = None;
        for ((member, target, form), (count, bytes)) in rows {
            if let Some(member) = member.filter(|_| last != member) {
                text.push_str(&format!("  {}\n", shown(member)));
            }
            last = member;
            let (target, form) = (target.as_str(), form.name());
            text.push_str(&format!("    {target:widest$}  {form:20}  {}, {}\n", counted(count, "object"), size(bytes)));
        }
        text
    }

    /// The faults, a line each.
    pub fn errors(&self) -> String {
        let line = |Held { member, what }: &Held<FaultText>| {
            let member = member.as_ref().map(|member| format!("{}: ", shown(member))).unwrap_or_default();
            format!("error: {}: {member}its device code is broken: at byte {}: {}\n", shown(&self.file), what.offset, what.text)
        };
        self.faults.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Wrong;
    use super::*;

    fn object(target: &str, form: Form, size: u64, offset: u64) -> CodeObject {
        CodeObject { target: Target::parse(target).unwrap(), form, size, offset }
    }

    #[test]
    fn lists_for_people_and_for_programs() {
        let library = vec![
            object("gfx942", Form::CompressedBundleV3, 3000, 4096),
            object("gfx1100", Form::CompressedBundleV3, 5000, 4096),
            object("gfx942", Form::CompressedBundleV3, 2000, 8192),
        ];
        let kernel = vec![object("gfx90a:xnack+", Form::CodeObject, 1 << 20, 0)];
        let wrong = vec![Fault { offset: 7, wrong: Wrong::Zlib }];
        let parts =
            vec![(Some("torch/lib/a.so".to_owned()), library, vec![]), (Some("torch/k\u{1b}.co".to_owned()), kernel, wrong)];
        let found = FileCode::new("dist/x.whl", parts);
        assert_eq!(
            found.text(),
            "dist/x.whl: device code for 3 targets: gfx1100, gfx90a:xnack+, gfx942\n  \
             torch/k\\u{1b}.co\n    \
             gfx90a:xnack+  code-object           1 object, 1.0 MiB\n  \
             torch/lib/a.so\n    \
             gfx1100        compressed-bundle-v3  1 object, 4.9 KiB\n    \
             gfx942         compressed-bundle-v3  2 objects, 4.9 KiB\n"
        );
        let error = "error: dist/x.whl: torch/k\\u{1b}.co: its device code is broken: at byte 7: a bundle that is compressed by zlib, \
                     which is not read\n";
        assert_eq!(found.errors(), error);
        let value = serde_json::to_value(&found).unwrap();
        assert_eq!(value["gfx_targets"], json!(["gfx1100", "gfx90a:xnack+", "gfx942"]));
        let first =
            json!({"member": "torch/lib/a.so", "target": "gfx942", "form": "compressed-bundle-v3", "size": 3000, "offset": 4096});
        assert_eq!(value["objects"][0], first);
        let text = "a bundle that is compressed by zlib, which is not read";
        assert_eq!(value["faults"], json!([{"member": "torch/k\u{1b}.co", "offset": 7, "text": text}]));

        let alone = FileCode::new("k.co", vec![(None, vec![object("gfx942", Form::CodeObject, 428, 0)], vec![])]);
        assert_eq!(alone.text(), "k.co: device code for 1 target: gfx942\n    gfx942  code-object           1 object, 0.4 KiB\n");
        assert_eq!(FileCode::new("x.so", vec![]).text(), "x.so: no device code\n");
    }
}
