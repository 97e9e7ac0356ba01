//! Just enough Rust to see what a file uses.

/// The text without comments, and with nothing between the quotes of its literals.
pub fn code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if first == '"' {
            out.push_str("\"\"");
            quoted(&rest[1..]) + 1
        } else if let Some(hashes) = raw(rest).filter(|_| !out.ends_with(is_word)) {
            out.push_str("\"\"");
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &rest[hashes + 2..];
            hashes + 2 + body.find(&end).map_or(body.len(), |at| at + end.len())
        } else if let Some(length) = character(rest) {
            out.push_str("' '");
            length
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[skipped..];
    }
    out
}

/// How long the rest of a string literal is, its closing quote included.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The number of `#` that a raw string literal begins with.
fn raw(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    let first = rest.chars().next()?;
    let body = if first == '\\' { 1 + rest[1..].chars().next()?.len_utf8() } else { first.len_utf8() };
    match first {
        '\\' => rest[body..].find('\'').map(|end| 1 + body + end + 1),
        _ => rest[body..].starts_with('\'').then_some(body + 2),
    }
}

/// The text up to its `mod tests { … }`, which stands last.
pub fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// What follows `root::`, one name deep; of `root::{a, b::c}` it is `a` and `b`.
pub fn paths(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let start = format!("{root}::");
    for (at, _) in code.match_indices(&start) {
        // In `super::super::x` the root is not where it begins, and in `my_crate::x` there is none.
        if code[..at].ends_with(|c: char| is_word(c) || c == ':') {
            continue;
        }
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_names(group)),
            None => found.push(word(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The first names of a group's members.
fn group_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut fresh) = (Vec::new(), 1, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            c if fresh && is_word(c) => {
                names.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| is_word(*c)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn comments_and_literals_are_not_code() {
    for (text, expected) in [
        ("a // std::fs\nb", "a \nb"),
        ("a /* crate::x */ b", "a  b"),
        (r#"f("std::fs // \" x", 'a', '\'', '"')"#, r#"f("", ' ', ' ', ' ')"#),
        ("r\"std::fs\" r#\"a\"b\"# var", "\"\" \"\" var"),
        ("fn f<'a>(x: &'a str) -> char { '\\u{41}' }", "fn f<'a>(x: &'a str) -> char { ' ' }"),
    ] {
        assert_eq!(code(text), expected);
    }
}

#[test]
fn paths_are_found() {
    let text = "use crate::a; use crate::{b, c::{d, e}, f as g,\n h::i}; crate::j::k(); $crate::l!(); my_crate::m; super::super::n; super::o;";
    assert_eq!(paths(text, "crate"), ["a", "b", "c", "f", "h", "j", "l"]);
    assert_eq!(paths(text, "super::super"), ["n"]);
    assert_eq!(paths(text, "super"), ["super", "o"]);
}
