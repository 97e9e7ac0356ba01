//! A started program as a line that can be pasted into a shell.

use super::Spawn;
use crate::host::Platform;

/// The line that does the same in the shell of this platform: `cd DIR && KEY=VALUE program args…`. It shows every value as it is; who prints it
/// must hide secrets first.
pub fn paste(spawn: &Spawn, platform: Platform) -> String {
    match platform {
        Platform::Linux => for_sh(spawn),
        Platform::Windows => for_cmd(spawn),
    }
}

fn for_sh(spawn: &Spawn) -> String {
    let hidden = spawn.env.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| format!("-u {name} "));
    let hidden: String = hidden.collect();
    let env = if hidden.is_empty() { String::new() } else { format!("env {hidden}") };
    let set = spawn.env.iter().filter_map(|(name, value)| Some(format!("{name}={} ", posix(value.as_deref()?))));
    let args: Vec<&str> = spawn.args.iter().map(String::as_str).collect();
    format!("cd {} && {env}{}{}", posix(&spawn.cwd), set.collect::<String>(), posix_words(&spawn.program, &args))
}

fn for_cmd(spawn: &Spawn) -> String {
    let set = spawn.env.iter().map(|(name, value)| format!("set \"{name}={}\" && ", value.as_deref().unwrap_or_default()));
    let words = std::iter::once(&spawn.program).chain(&spawn.args).map(|word| windows(word));
    format!("cd /d {} && {}{}", windows(&spawn.cwd), set.collect::<String>(), words.collect::<Vec<_>>().join(" "))
}

/// A program with its arguments, each word quoted where a POSIX shell needs it.
pub(super) fn posix_words(program: &str, args: &[&str]) -> String {
    let words = std::iter::once(program).chain(args.iter().copied()).map(posix);
    words.collect::<Vec<_>>().join(" ")
}

fn posix(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Quoted as programs of Microsoft's C runtime take it apart again: a backslash is doubled only where a quote follows.
fn windows(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@+=:./\\-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in word.chars() {
        if c == '"' {
            quoted.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        quoted.push(c);
    }
    quoted.extend(std::iter::repeat_n('\\', backslashes));
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_can_be_pasted() {
        let env = [("B", Some("two words")), ("A", Some("")), ("GONE", None)];
        let spawn = Spawn::new("/p/python", &["-c", "print('x')", "rocm[devel]>1.0", "", "a=b"], "/my dir").env(&env);
        assert_eq!(
            paste(&spawn, Platform::Linux),
            r"cd '/my dir' && env -u GONE A='' B='two words' /p/python -c 'print('\''x'\'')' 'rocm[devel]>1.0' '' a=b"
        );
        assert_eq!(paste(&Spawn::new("/bin/ls", &[], "/"), Platform::Linux), "cd / && /bin/ls");
        let spawn = Spawn::new(r"C:\p\python.exe", &["-c", r#"say "x\""#, r"D:\a b\", r"D:\a\"], r"C:\w");
        assert_eq!(
            paste(&spawn.env(&env), Platform::Windows),
            r#"cd /d C:\w && set "A=" && set "B=two words" && set "GONE=" && C:\p\python.exe -c "say \"x\\\"" "D:\a b\\" D:\a\"#
        );
    }
}
