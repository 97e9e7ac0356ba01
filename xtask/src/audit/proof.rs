//! What follows from a set that could not be installed, or a wheel that could not be imported.

use manifest::shown;

use super::{Code, Finding};

/// What `try_wheel.py` found, by its exit code, and the name that its last line is about.
const OF_IMPORTS: [(i32, Code); 5] =
    [(10, Code::NotImportable), (11, Code::OtherVersion), (12, Code::NoHip), (13, Code::NoOperators), (14, Code::OperatorFails)];

/// How a program ended that should have ended well.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// What went wrong, in words: `exited with 1`.
    pub cause: &'a str,
    /// Its exit code, if it had one.
    pub exit_code: Option<i32>,
    /// The last lines that it printed.
    pub tail: &'a [String],
    /// The file that has all of them.
    pub log: &'a str,
}

/// The environment could not be made, or nothing could be installed into it: `what` could not, as `the wheels`.
pub fn not_installed(what: &str, failure: Failure) -> Finding {
    let line = failure.tail.iter().find_map(|line| line.trim().strip_prefix("ERROR: "));
    let line = line.or_else(|| last(failure.tail)).unwrap_or(failure.cause);
    let text = format!("{what} cannot be installed into a clean environment: {}", shown(line));
    Finding { hint: Some(log(failure)), ..Finding::new(Code::NotInstallable, text) }
}

/// pip does not think that what is installed fits together; of the set's wheels, `named` tells the file names by distribution.
pub fn conflicts(failure: Failure, named: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let conflict = |line: &String| {
        let wheel = named(line.split_whitespace().next()?);
        Some(Finding { wheel, ..Finding::new(Code::RequirementsConflict, format!("pip says: {}", shown(line.trim()))) })
    };
    let found: Vec<Finding> = failure.tail.iter().filter(|line| is_conflict(line)).filter_map(conflict).collect();
    match found.is_empty() {
        true => vec![Finding::new(Code::RequirementsConflict, format!("`pip check` {}", failure.cause))],
        false => found,
    }
}

/// `torch 2.9.0 requires rocm, which is not installed.`, `… has requirement …, but you have …`, `… is not supported on this platform`.
fn is_conflict(line: &str) -> bool {
    [" requires ", " has requirement ", " is not supported on this platform"].iter().any(|words| line.contains(words))
}

/// A wheel that could not be imported, or is not what it should be: its distribution, version and file name.
pub fn not_imported(distribution: &str, version: &str, wheel: String, failure: Failure) -> Finding {
    let code = OF_IMPORTS.iter().find(|(exit_code, _)| failure.exit_code == Some(*exit_code));
    let code = code.map_or(Code::NotImportable, |(_, code)| *code);
    // A program that was ended from outside had no last word.
    let reason = if failure.exit_code.is_some() { last(failure.tail).unwrap_or(failure.cause) } else { failure.cause };
    let reason = shown(reason);
    let text = match code {
        Code::OtherVersion => format!("{reason} is installed, and `{version}` is recorded"),
        Code::NoHip => format!("{reason}: it is not built for ROCm"),
        Code::NoOperators => format!("it has lost its operators: {reason}"),
        Code::OperatorFails => format!("an operator of it fails on the processor: {reason}"),
        _ => format!("`import {distribution}` fails: {reason}"),
    };
    let hint = match code {
        Code::OtherVersion | Code::NoHip => code.hint().to_owned(),
        _ => log(failure),
    };
    Finding { wheel: Some(wheel), hint: Some(hint), ..Finding::new(code, text) }
}

fn log(failure: Failure) -> String {
    format!("the log is `{}`", failure.log)
}

fn last(tail: &[String]) -> Option<&str> {
    tail.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(tail: &[&str]) -> Vec<String> {
        tail.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn the_telling_line_is_told() {
        let of = |tail: &[&str]| {
            let tail = lines(tail);
            let failure = Failure { cause: "exited with 1", exit_code: Some(1), tail: &tail, log: "/l" };
            let found = not_installed("the wheels", failure);
            assert_eq!((found.code, found.hint.as_deref()), (Code::NotInstallable, Some("the log is `/l`")));
            found.text
        };
        let begins = "the wheels cannot be installed into a clean environment: ";
        let conflict =
            ["Collecting x", "ERROR: Cannot install a and b", "", "The conflict is caused by:", "ERROR: ResolutionImpossible"];
        assert_eq!(of(&conflict), format!("{begins}Cannot install a and b"));
        assert_eq!(of(&["No module named pip", ""]), format!("{begins}No module named pip"));
        assert_eq!(of(&[]), format!("{begins}exited with 1"));
    }

    #[test]
    fn each_line_of_pip_check_is_a_finding() {
        let tail = lines(&[
            "torch 2.9.0 requires rocm, which is not installed.",
            "triton 3.7.0 has requirement numpy<2, but you have numpy 2.1.0.",
            "WARNING: something else",
        ]);
        let named = |name: &str| (name == "torch").then(|| "torch.whl".to_owned());
        let found = conflicts(Failure { cause: "exited with 1", exit_code: Some(1), tail: &tail, log: "/l" }, named);
        let shown: Vec<(Option<&str>, &str)> = found.iter().map(|one| (one.wheel.as_deref(), one.text.as_str())).collect();
        let expected = [
            (Some("torch.whl"), "pip says: torch 2.9.0 requires rocm, which is not installed."),
            (None, "pip says: triton 3.7.0 has requirement numpy<2, but you have numpy 2.1.0."),
        ];
        assert_eq!(shown, expected);
        let found = conflicts(Failure { cause: "exited with 2", exit_code: Some(2), tail: &[], log: "/l" }, named);
        assert_eq!((found[0].code, found[0].text.as_str()), (Code::RequirementsConflict, "`pip check` exited with 2"));
    }

    #[test]
    fn what_an_import_found_is_told_by_its_exit_code() {
        let tail = lines(&["Traceback", "ImportError: libamdhip64.so.7: cannot open shared object file", ""]);
        for (exit_code, cause, code, text) in [
            (
                Some(10),
                "exited with 10",
                Code::NotImportable,
                "`import torch` fails: ImportError: libamdhip64.so.7: cannot open shared object file",
            ),
            (
                Some(1),
                "exited with 1",
                Code::NotImportable,
                "`import torch` fails: ImportError: libamdhip64.so.7: cannot open shared object file",
            ),
            (None, "was ended by signal 11", Code::NotImportable, "`import torch` fails: was ended by signal 11"),
        ] {
            let found =
                not_imported("torch", "2.9", "torch.whl".to_owned(), Failure { cause, exit_code, tail: &tail, log: "/l" });
            assert_eq!((found.code, found.text.as_str()), (code, text));
        }
        for (exit_code, line, code, text) in [
            (11, "version 2.8", Code::OtherVersion, "version 2.8 is installed, and `2.9` is recorded"),
            (12, "`torch.version.hip` is None", Code::NoHip, "`torch.version.hip` is None: it is not built for ROCm"),
            (
                13,
                "there is no `torchvision.ops.nms`",
                Code::NoOperators,
                "it has lost its operators: there is no `torchvision.ops.nms`",
            ),
            (14, "AssertionError: x", Code::OperatorFails, "an operator of it fails on the processor: AssertionError: x"),
        ] {
            let failure = Failure { cause: "", exit_code: Some(exit_code), tail: &lines(&[line]), log: "/l" };
            let found = not_imported("torch", "2.9", "torch.whl".to_owned(), failure);
            assert_eq!((found.code, found.text.as_str()), (code, text));
        }
    }
}
