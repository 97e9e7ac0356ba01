//! Real programs: a shell that prints, fails, is killed and leaves a server behind.

use super::*;

#[test]
fn the_telling_line_of_an_error_output() {
    for (stderr, expected) in [
        ("", None),
        ("\n \n", None),
        ("fatal: not a repository\nstop at the mount point\n", Some("fatal: not a repository")),
        ("warning: x\nerror: y\nhint: z\n", Some("error: y")),
        ("Traceback (most recent call last):\n  File x\nValueError: no\n\n", Some("ValueError: no")),
        ("usage: x [-h]\nx: error: no such option\n", Some("x: error: no such option")),
        ("reading\nit is broken\n", Some("it is broken")),
        ("pyenv: python3.12: command not found\n\nNote: see pyenv help\n", Some("pyenv: python3.12: command not found")),
    ] {
        assert_eq!(telling_line(stderr), expected, "{stderr}");
    }
}

#[test]
fn causes_are_found_in_texts() {
    for (text, expected) in [
        ("command not found: `/x`", "not found"),
        ("io error when running command `/x a`: Permission denied (os error 13)", "Permission denied (os error 13)"),
        ("something else", "something else"),
    ] {
        assert_eq!(xshell_cause(text), expected);
    }
}

#[cfg(unix)]
mod unix {
    use std::time::Instant;

    use super::*;

    fn sh(script: &str) -> Result<String, ProcessError> {
        ask("/bin/sh", &["-c", script], "/", &[("KEY", Some("a b")), ("HOME", None)])
    }

    fn run_sh(script: &str) -> (Result<Ended, ProcessError>, Vec<String>) {
        let spawn = Spawn::new("/bin/sh", &["-c", script], "/").env(&[("KEY", Some("a b")), ("HOME", None)]);
        let mut lines = Vec::new();
        let ended = run(&spawn, &mut |line| lines.push(line.to_owned()));
        (ended, lines)
    }

    #[test]
    fn an_answer_is_standard_output_alone() {
        assert_eq!(sh("echo; echo warning >&2; pwd; echo \"$KEY-$HOME-\"; cat").unwrap(), "/\na b--");
    }

    #[test]
    fn a_question_that_fails_is_an_error() {
        let text = |script: &str| sh(script).unwrap_err().to_string();
        assert_eq!(text("echo no answer; exit 3"), "`/bin/sh -c 'echo no answer; exit 3'` exited with 3");
        assert_eq!(
            text("echo first >&2; echo last >&2; exit 1"),
            "`/bin/sh -c 'echo first >&2; echo last >&2; exit 1'` exited with 1: last"
        );
        assert_eq!(text("kill -9 $$"), "`/bin/sh -c 'kill -9 $$'` was killed by signal 9");
        assert_eq!(text(r"printf '\377'"), r"`/bin/sh -c 'printf '\''\377'\'''` printed something that is not UTF-8");
    }

    #[test]
    fn what_cannot_be_started_says_why() {
        let cases = [
            ("/nowhere/git", "/", "cannot start `/nowhere/git`: not found"),
            ("/etc/passwd", "/", "cannot start `/etc/passwd`: Permission denied (os error 13)"),
            ("/bin/sh", "/no/folder", "cannot start `/bin/sh`: there is no folder `/no/folder` to run it in"),
        ];
        for (program, cwd, expected) in cases {
            assert_eq!(ask(program, &[], cwd, &[]).unwrap_err().to_string(), expected);
            assert_eq!(run(&Spawn::new(program, &[], cwd), &mut |_| ()).unwrap_err().to_string(), expected);
        }
        let lost = ProcessError::Lost { command: "git fetch".to_owned(), cause: "broken pipe".to_owned() };
        assert_eq!(lost.to_string(), "lost what `git fetch` prints: broken pipe");
    }

    #[test]
    fn a_run_streams_both_outputs_and_tells_the_end() {
        let (ended, lines) =
            run_sh("echo one; echo two >&2; printf '1%%\\r2%%\\r\\n'; echo \"$KEY-$HOME-\"; pwd; cat; printf rest; exit 7");
        assert_eq!(lines, ["one", "two", "1%", "2%", "a b--", "/", "rest"]);
        assert_eq!(ended, Ok(Ended::Code(7)));
        assert_eq!(run_sh("kill -9 $$").0, Ok(Ended::Signal(9)));
    }

    #[test]
    fn an_output_is_poured_without_the_complaints() {
        let pour_sh = |script: &str| {
            let spawn = Spawn::new("/bin/sh", &["-c", script], "/").env(&[("KEY", Some("a b")), ("HOME", None)]);
            let mut bytes = Vec::new();
            let ended = pour(&spawn, &mut bytes);
            (ended, bytes)
        };
        let (ended, bytes) = pour_sh("echo oh >&2; printf '\\377\\r\\n'; printf \"$KEY-$HOME-\"; cat; exit 3");
        assert_eq!((ended, bytes), (Ok((Ended::Code(3), "oh\n".to_owned())), b"\xff\r\na b--".to_vec()));
        let (ended, bytes) = pour_sh("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2");
        assert_eq!((ended.map(|(ended, said)| (ended, said.len())), bytes.len()), (Ok((Ended::Code(0), 300_000)), 300_000));
        assert_eq!(pour_sh("kill -9 $$").0, Ok((Ended::Signal(9), String::new())));
        let none = pour(&Spawn::new("/nowhere/aws", &[], "/"), &mut io::sink()).unwrap_err();
        assert_eq!(none.to_string(), "cannot start `/nowhere/aws`: not found");
    }

    #[test]
    fn lines_come_while_the_program_runs() {
        let (began, mut first) = (Instant::now(), None);
        run(&Spawn::new("/bin/sh", &["-c", "echo now; exec sleep 0.6"], "/"), &mut |_| first = first.or(Some(began.elapsed())))
            .unwrap();
        assert!(first.is_some_and(|first| first < Duration::from_millis(400)), "{first:?}");
    }

    #[test]
    fn a_program_that_closes_its_output_is_waited_for() {
        assert_eq!(run_sh("exec >&- 2>&-; sleep 0.3; exit 5"), (Ok(Ended::Code(5)), Vec::new()));
    }

    #[test]
    fn a_server_that_keeps_the_output_open_does_not_hold_the_run() {
        let began = Instant::now();
        assert_eq!(run_sh("echo started; sleep 5 & exit 0"), (Ok(Ended::Code(0)), vec!["started".to_owned()]));
        assert!(began.elapsed() < Duration::from_secs(4));
    }

    /// As the terminal stops whoever reads from it in the background.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_that_asks_somebody_is_ended() {
        let (ended, lines) = run_sh("echo password:; kill -TTIN $$; sleep 600");
        let text = "`/bin/sh -c 'echo password:; kill -TTIN $$; sleep 600'` wanted an answer from the terminal, where nobody is asked, and \
                    was ended";
        assert_eq!((ended.unwrap_err().to_string().as_str(), lines), (text, vec!["password:".to_owned()]));
    }

    #[test]
    fn a_program_that_falls_silent_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let tidied = folder.path().join("tidied");
        let silent = |script: &str| {
            let spawn = Spawn::new("/bin/sh", &["-c", script], folder.path().to_str().unwrap()).silence(Duration::from_secs(1));
            let mut lines = Vec::new();
            (run(&spawn, &mut |line| lines.push(line.to_owned())).map_err(|error| error.to_string()), lines)
        };
        // It may tidy up, as git does.
        let script = "trap 'echo >tidied; exit 1' TERM; printf first; sleep 20 & wait";
        let text = format!("`{}` printed nothing for 1 s and was ended", paste::posix_words("/bin/sh", &["-c", script]));
        assert_eq!(silent(script), (Err(text), vec!["first".to_owned()]));
        assert!(tidied.exists());
        // Whoever speaks may take as long as it takes.
        let (ended, lines) = silent("for i in 1 2 3 4; do echo $i; sleep 0.5; done");
        assert_eq!((ended, lines.len()), (Ok(Ended::Code(0)), 4));
    }
}

#[cfg(windows)]
mod windows {
    use super::*;

    const CMD: &str = r"C:\windows\system32\cmd.exe";

    #[test]
    fn programs_are_asked_and_run() {
        let env = [("KEY", Some("a b"))];
        assert_eq!(ask(CMD, &["/C", "echo warning 1>&2& echo %KEY%"], r"C:\", &env).as_deref(), Ok("a b"));
        assert_eq!(ask(CMD, &["/C", "cd"], r"C:\windows", &[]).map(|cwd| cwd.to_lowercase()).as_deref(), Ok(r"c:\windows"));
        let failed = ask(CMD, &["/C", "exit 3"], r"C:\", &[]).unwrap_err().to_string();
        assert_eq!(failed, r"`'C:\windows\system32\cmd.exe' /C 'exit 3'` exited with 3");
        let mut lines = Vec::new();
        let spawn = Spawn::new(CMD, &["/C", "echo one& echo two 1>&2& exit 7"], r"C:\").env(&env);
        let ended = run(&spawn, &mut |line| lines.push(line.trim().to_owned()));
        assert_eq!((ended, lines), (Ok(Ended::Code(7)), vec!["one".to_owned(), "two".to_owned()]));
    }

    #[test]
    fn what_cannot_be_started_says_why() {
        let expected = r"cannot start `C:\none.exe`: not found";
        assert_eq!(ask(r"C:\none.exe", &[], r"C:\", &[]).unwrap_err().to_string(), expected);
        assert_eq!(run(&Spawn::new(r"C:\none.exe", &[], r"C:\"), &mut |_| ()).unwrap_err().to_string(), expected);
    }
}
