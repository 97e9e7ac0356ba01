//! What git prints, read.

/// What `git status --porcelain=v2 --branch -z` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// The commit that is checked out; none before the first one.
    pub head: Option<String>,
    /// The branch, unless detached.
    pub branch: Option<String>,
    /// The files that git knows and that differ from the commit, relative.
    pub tracked: Vec<String>,
    /// The files that git does not know, relative. A repository that stands among them is its folder, with a slash.
    pub untracked: Vec<String>,
}

pub(super) fn parse(text: &str) -> Status {
    let mut status = Status::default();
    for entry in text.split('\0') {
        let Some((kind, rest)) = entry.split_once(' ') else { continue };
        // Before the path of a changed file stand seven fields, before that of an unmerged one nine.
        let path = match kind {
            "#" => {
                match rest.split_once(' ') {
                    Some(("branch.oid", commit)) if commit != "(initial)" => status.head = Some(commit.to_owned()),
                    Some(("branch.head", branch)) if branch != "(detached)" => status.branch = Some(branch.to_owned()),
                    _ => {}
                }
                continue;
            }
            "?" => {
                status.untracked.push(rest.to_owned());
                continue;
            }
            "1" => rest.splitn(8, ' ').nth(7),
            "u" => rest.splitn(10, ' ').nth(9),
            _ => None,
        };
        status.tracked.extend(path.map(str::to_owned));
    }
    status
}

/// The submodules of a checkout with the commits that it wants them at, from what `git ls-files --stage -z` says.
pub(super) fn links(text: &str) -> Vec<(String, String)> {
    let entry = |entry: &str| {
        let (fields, path) = entry.strip_prefix("160000 ")?.split_once('\t')?;
        Some((path.to_owned(), fields.split(' ').next()?.to_owned()))
    };
    text.split('\0').filter_map(entry).collect()
}

/// The branches and tags that were fetched last, each with the object that it gave, from what `FETCH_HEAD` says:
/// `OBJECT <tab> [not-for-merge] <tab> branch 'NAME' of ADDRESS`. Of an annotated tag the object is not the commit.
pub(super) fn fetched(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter_map(fetched_line).collect()
}

fn fetched_line(line: &str) -> Option<(&str, &str)> {
    let mut fields = line.splitn(3, '\t');
    let (object, source) = (fields.next()?, fields.nth(1)?);
    let quoted = source.strip_prefix("branch '").or_else(|| source.strip_prefix("tag '"))?;
    Some((object, quoted.split_once("' of ")?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read() {
        let text = "# branch.oid abc\0# branch.head release/2.13\0# branch.upstream o/x\0\
                    1 .M N... 100644 100644 100644 1 2 a file.py\0u UU N... 1 2 3 4 5 6 7 both.c\0? new folder/\u{fc}.txt\0";
        let expected = Status {
            head: Some("abc".to_owned()),
            branch: Some("release/2.13".to_owned()),
            tracked: ["a file.py", "both.c"].map(str::to_owned).into(),
            untracked: vec!["new folder/\u{fc}.txt".to_owned()],
        };
        assert_eq!(parse(text), expected);
        assert_eq!(parse("# branch.oid (initial)\0# branch.head (detached)"), Status::default());
        assert_eq!(parse("? x/\0").untracked, ["x/"]);
    }

    #[test]
    fn submodules_are_found_in_the_index() {
        let text = "100644 1 0\tfile\x00160000 abc 0\tthird party/x\0";
        assert_eq!(links(text), [("third party/x".to_owned(), "abc".to_owned())]);
    }

    #[test]
    fn what_was_fetched_has_a_name() {
        let text = "111\tnot-for-merge\tbranch 'main' of https://h/x\n222\t\tbranch 'release/2.13' of https://h/x\n\
                    333\t\ttag 'v1' of ../x\n444\t\t'444' of /x\n555\t\t/x\nnonsense\n";
        assert_eq!(fetched(text), [("111", "main"), ("222", "release/2.13"), ("333", "v1")]);
    }
}
