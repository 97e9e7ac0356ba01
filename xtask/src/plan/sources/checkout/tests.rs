//! The steps of a checkout, and the folders that are left alone.

use super::*;
use crate::facts::{Checkout, Unresolved};
use crate::host::Environment;
use crate::plan::check::fixture::{self, checkout, commit, facts, lines, locked_facts, request, told};
use crate::plan::unknown;
use crate::request::Depth;

const GIT: &str = "GIT_TERMINAL_PROMPT=0 /usr/bin/git -c core.hooksPath=/dev/null -c protocol.ext.allow=never -c \
                   protocol.fd.allow=never -c maintenance.auto=false";

fn linux() -> Host {
    fixture::host(Platform::Linux)
}

/// The only job of a request that fetches one project.
fn one(host: &Host, words: &str, facts: &Facts) -> Job {
    let (jobs, problems) = checkout_jobs(&request(host, words), host, facts);
    assert_eq!(told(&problems), [""; 0]);
    let [job] = &jobs[..] else { panic!("{jobs:?}") };
    job.clone()
}

#[test]
fn torch_is_checked_out() {
    let job = one(&linux(), "build --ref nightly --gfx gfx942 --only pytorch", &locked_facts());
    let full = commit('1');
    assert_eq!(job.name.0, "checkout-pytorch");
    assert_eq!(job.why, [format!("{full}: a pin"), "nothing is in `/w/build/src/pytorch` yet".to_owned()]);
    let dir = "/w/build/src/.therock-xtask/pytorch";
    let expected = [
        format!("Remove(\"{dir}\")"),
        format!("MakeFolder(\"{dir}\")"),
        format!("[{dir}] {GIT} init --initial-branch=main"),
        format!("[{dir}] {GIT} config advice.detachedHead false"),
        format!("[{dir}] {GIT} remote add -- origin https://host/pytorch"),
        format!("[{dir}] {GIT} fetch --progress --depth 1 --no-recurse-submodules -- https://host/pytorch {full} Fatal Network"),
        format!("[{dir}] {GIT} checkout --detach {}", commit('1')),
        format!("[{dir}] {GIT} tag -f THEROCK_UPSTREAM_DIFFBASE --no-sign"),
        format!("[{dir}] {GIT} submodule sync --recursive"),
        format!("[{dir}] {GIT} submodule update --init --recursive --progress --depth 1 -j 10 Fatal Network"),
        format!("[{dir}] {GIT} submodule foreach --recursive git tag -f THEROCK_UPSTREAM_DIFFBASE --no-sign"),
        format!("IgnoreSubmodules {{ dir: \"{dir}\" }}"),
        format!("CheckCheckout {{ dir: \"{dir}\", commit: \"{}\", submodules: All }}", commit('1')),
        format!("[{dir}] /usr/bin/python3.12 {dir}/tools/amd_build/build_amd.py Exists(\"{dir}/tools/amd_build/build_amd.py\")"),
        format!(
            "MarkCheckout {{ dir: \"{dir}\", mark: CheckedOut {{ reference: \"nightly\", parts: [Submodules, Translation] }} }}"
        ),
        format!("Rename {{ from: \"{dir}\", to: \"/w/build/src/pytorch\" }}"),
    ];
    assert_eq!(lines(&job), expected);
}

/// The job that moves torch's checkout from the second commit to the first one.
fn moved(owner: Owner, changes: Option<&str>) -> Job {
    let mut facts = locked_facts();
    facts.checkouts.insert(Project::Pytorch, checkout(owner, &commit('2'), changes));
    one(&linux(), "build --ref nightly --gfx gfx942 --only pytorch", &facts)
}

#[test]
fn the_tools_own_checkout_is_moved_where_it_stands() {
    let job = moved(Owner::Tool, Some("digest"));
    let dir = "/w/build/src/pytorch";
    assert_eq!(job.why[1], format!("`{dir}` is at {} and has no changes but the tool's own", commit('2')));
    let expected = [
        format!("Unlock {{ dir: \"{dir}\", names: [\"shallow.lock\"] }}"),
        format!(
            "[{dir}] {GIT} fetch --progress --depth 1 --no-recurse-submodules -- https://host/pytorch {} Fatal Network",
            commit('1')
        ),
        format!("MarkCheckout {{ dir: \"{dir}\", mark: Moving {{ changes: Some(\"digest\") }} }}"),
        format!("[{dir}] {GIT} reset --hard"),
        format!("[{dir}] {GIT} clean -fd"),
        format!("[{dir}] {GIT} submodule foreach --recursive git reset --hard && git clean -fd"),
        format!("[{dir}] {GIT} config --replace-all remote.origin.url https://host/pytorch"),
        format!("[{dir}] {GIT} checkout --detach {}", commit('1')),
        format!("[{dir}] {GIT} tag -f THEROCK_UPSTREAM_DIFFBASE --no-sign"),
        format!("[{dir}] {GIT} submodule sync --recursive"),
        format!("[{dir}] {GIT} submodule update --init --recursive --progress --depth 1 -j 10 Fatal Network"),
        format!("[{dir}] {GIT} submodule foreach --recursive git tag -f THEROCK_UPSTREAM_DIFFBASE --no-sign"),
        format!("IgnoreSubmodules {{ dir: \"{dir}\" }}"),
        format!("CheckCheckout {{ dir: \"{dir}\", commit: \"{}\", submodules: All }}", commit('1')),
        format!("[{dir}] /usr/bin/python3.12 {dir}/tools/amd_build/build_amd.py Exists(\"{dir}/tools/amd_build/build_amd.py\")"),
        format!(
            "MarkCheckout {{ dir: \"{dir}\", mark: CheckedOut {{ reference: \"nightly\", parts: [Submodules, Translation] }} }}"
        ),
    ];
    assert_eq!(lines(&job), expected);
}

#[test]
fn changes_that_may_be_somebodys_are_stashed_before_a_move() {
    let dir = "/w/build/src/pytorch";
    let stash = "-c user.name=therock-xtask -c user.email=therock-xtask@localhost stash push --include-untracked --message";
    let message = format!("therock-xtask: what was changed here before it moved to {}", commit('1'));
    let cases = [
        (
            Owner::Built,
            "was changed while it was built: it is moved, and those changes are kept, as `git stash list` shows there",
        ),
        (
            Owner::Moving,
            "was being moved when a run ended: it is moved again, and changes that are in it are kept, as `git stash list` shows there",
        ),
    ];
    for (owner, why) in cases {
        let job = moved(owner, Some("digest"));
        assert_eq!(job.why[1], format!("`{dir}` is at {} and {why}", commit('2')));
        let expected = [
            format!("[{dir}] {GIT} {stash} {message}"),
            format!("[{dir}] {GIT} submodule foreach --recursive git {stash} '{message}'"),
            format!("[{dir}] {GIT} config --replace-all remote.origin.url https://host/pytorch"),
        ];
        assert_eq!(lines(&job)[3..6], expected);
        assert_eq!(lines(&job).iter().filter(|line| line.contains("reset") || line.contains("clean")).count(), 0);
    }
}

#[test]
fn a_move_that_did_not_finish_is_made_again() {
    let mut facts = locked_facts();
    facts.checkouts.insert(Project::Pytorch, checkout(Owner::Moving, &commit('1'), None));
    let words = "build --ref nightly --gfx gfx942 --only pytorch";
    assert_eq!(lines(&one(&linux(), words, &facts)), lines(&moved(Owner::Moving, None)), "even if it is at the commit");
    let unknown = |words: &str| unknown::sources(&request(&linux(), words), &facts, Project::Pytorch);
    let fact = format!("the sources of torch at commit {}", commit('1'));
    assert_eq!(unknown(words), Ok(Some(Unknown { fact, given_by: JobName("checkout-pytorch".to_owned()) })));
    let problem = unknown("build --gfx gfx942 --only pytorch").unwrap_err();
    let expected = "the sources of torch in `/w/build/src/pytorch` are neither at one commit nor at another: a run that moved them did not \
                    finish\nhint: move them again with `--ref`, without a flag that names this folder; changes that are in it are kept";
    assert_eq!(told(&[problem]), [expected]);
}

#[test]
fn builds_are_noted_in_the_tools_own_checkouts() {
    let request = request(&linux(), "build --gfx gfx942 --only pytorch");
    for (owner, ours) in
        [(Owner::Tool, true), (Owner::Built, true), (Owner::Moving, true), (Owner::Edited, false), (Owner::User, false)]
    {
        let mut facts = locked_facts();
        facts.checkouts.insert(Project::Pytorch, checkout(owner, &commit('1'), None));
        let marks: Vec<Action> = note_building(&request, &facts, Project::Pytorch)
            .into_iter()
            .chain(mark_job(&request, &facts, &request.selected).into_iter().flat_map(|job| job.steps))
            .map(|step| step.action)
            .collect();
        let mark = |mark| Action::MarkCheckout { dir: "/w/build/src/pytorch".to_owned(), mark };
        let expected = if ours { vec![mark(Mark::Building), mark(Mark::Built)] } else { vec![] };
        assert_eq!(marks, expected, "{owner:?}");
    }
}

#[test]
fn projects_differ_in_how_they_are_made_ready() {
    let windows = fixture::host(Platform::Windows);
    let last = |host: &Host, project: &str| {
        let facts = locked_facts();
        let words = format!("build --ref nightly --gfx gfx942 --only {project}");
        let all = lines(&one(host, &words, &facts));
        all[all.len() - 5..all.len() - 2].to_vec()
    };
    let build_env = "Write { path: \"/w/build/src/.therock-xtask/triton/build_env.json\", text: \"{\\n  \\\"TRITON_WHEEL_VERSION_SUFFIX\\\": \\\"\\\"\\n}\" }";
    assert_eq!(last(&linux(), "triton")[2], build_env);
    assert_eq!(last(&windows, "triton")[1], "IgnoreSubmodules { dir: \"C:\\\\w\\\\build\\\\src\\\\.therock-xtask\\\\triton\" }");
    assert_eq!(last(&linux(), "apex")[1], "IgnoreSubmodules { dir: \"/w/build/src/.therock-xtask/apex\" }");
    let script = "/w/build/src/.therock-xtask/pytorch_audio/tools/amd_build/build_amd.py";
    assert_eq!(
        last(&linux(), "pytorch_audio")[2],
        format!("[/w/build/src/.therock-xtask/pytorch_audio] /usr/bin/python3.12 {script} Exists(\"{script}\")")
    );
    let update = one(&linux(), "build --ref nightly --gfx gfx942 --only pytorch_vision", &locked_facts());
    assert!(lines(&update).contains(&format!(
        "[/w/build/src/.therock-xtask/pytorch_vision] {GIT} submodule update --init --recursive --progress --depth 1 -j 10 Fatal Network"
    )));
}

#[test]
fn windows_has_long_paths() {
    let job = one(&fixture::host(Platform::Windows), "build --ref nightly --gfx gfx942 --only pytorch", &locked_facts());
    assert_eq!(
        lines(&job)[2],
        format!("[C:\\w\\build\\src\\.therock-xtask\\pytorch] {GIT} -c core.longpaths=true init --initial-branch=main")
    );
}

#[test]
fn passwords_stay_out_of_the_checkout() {
    let words = "build --ref nightly --gfx gfx942 --only apex --origin apex=https://u:secret-pw@host/apex";
    let job = one(&linux(), words, &locked_facts());
    let with: Vec<String> = lines(&job).into_iter().filter(|line| line.contains("secret-pw")).collect();
    let fetch = "fetch --progress --depth 1 --no-recurse-submodules -- https://u:secret-pw@host/apex";
    assert_eq!(with, [format!("[/w/build/src/.therock-xtask/apex] {GIT} {fetch} {} Fatal Network", commit('1'))]);
    let shown = request(&linux(), words).secrets.redact(&with[0]);
    assert!(shown.contains("-- https://host/apex 1111"), "{shown}");
}

#[test]
fn what_runs_share_is_filled_first_and_asked_then() {
    let mut host = linux();
    host.env = Environment([(crate::plan::sources::CACHE.to_owned(), "/c".to_owned())].into());
    let mut facts = locked_facts();
    let name = crate::plan::sources::store_name("https://host/apex");
    let (store, full) = (format!("/c/commits/{name}"), commit('1'));
    let words = "build --ref nightly --gfx gfx942 --only apex --origin apex=https://u:secret-pw@host/apex";
    let job = one(&host, words, &facts);
    let Action::Store(filled) = &job.steps[0].action else { panic!("{:?}", job.steps[0]) };
    let args: Vec<String> = filled.fetch.args.iter().map(ToString::to_string).collect();
    assert_eq!((&filled.store, &filled.fetch.cwd), (&store, &store));
    assert!(args.ends_with(&["https://u:secret-pw@host/apex".to_owned(), format!("+{full}:refs/therock/{full}")]), "{args:?}");
    let config = "/w/build/src/.therock-xtask/apex.gitconfig";
    let modules = filled.submodules.as_ref().map(|modules| (modules.parent.as_str(), modules.config.as_str(), modules.jobs));
    assert_eq!(modules, Some(("https://host/apex", config, 10)));
    let dir = "/w/build/src/.therock-xtask/apex";
    let Action::TakeStored { store: from, linked, stored, .. } = &job.steps[6].action else { panic!("{:?}", job.steps[6]) };
    assert_eq!((from, linked, stored.cwd.as_str()), (&store, &Some(Depth::Commits(1)), dir));
    let update = format!("{GIT} -c include.path={config} submodule update --init --recursive --progress --depth 1 -j 10");
    assert!(lines(&job).contains(&format!("[{dir}] {update} Fatal Network")), "{:#?}", lines(&job));

    facts.checkouts.insert(Project::Apex, checkout(Owner::Tool, &commit('2'), None));
    let moved = one(&host, words, &facts);
    assert!(matches!(moved.steps[0].action, Action::Store(_)));
    let Action::TakeStored { linked: None, stored, origin, .. } = &moved.steps[2].action else { panic!("{:?}", moved.steps[2]) };
    let words = |command: &Command| command.args.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert!(words(stored).ends_with(&format!("-- {store} {full}")), "{stored:?}");
    assert!(words(origin).ends_with(&format!("-- https://u:secret-pw@host/apex {full}")), "{origin:?}");
}

#[test]
fn a_calling_git_leads_nobody_astray() {
    let mut host = linux();
    host.env = Environment([("GIT_DIR".to_owned(), "/home/me/.git".to_owned()), ("GIT_PAGER".to_owned(), "x".to_owned())].into());
    let job = one(&host, "build --ref nightly --gfx gfx942 --only apex", &locked_facts());
    let expected = format!("[/w/build/src/.therock-xtask/apex] -GIT_DIR {GIT} init --initial-branch=main");
    assert_eq!(lines(&job)[2], expected);
}

#[test]
fn the_demo_has_its_submodule_on_the_same_disk() {
    let job = one(&linux(), "build --demo --only pytorch", &locked_facts());
    let dir = "/w/build/demo/src/.therock-xtask/pytorch";
    let expected = format!(
        "[{dir}] {GIT} -c protocol.file.allow=always submodule update --init --recursive --progress --depth 1 -j 10 Fatal Network"
    );
    assert_eq!(lines(&job)[9], expected);
    assert!(lines(&job)[5].contains("-- /w/build/demo/origins/pytorch 1111"), "{}", lines(&job)[5]);

    let job = one(&linux(), "build --demo --only pytorch", &facts());
    assert_eq!(job.unknown, [Unknown { fact: "the commit of torch".to_owned(), given_by: JobName("demo".to_owned()) }]);
    assert_eq!(job.steps, []);
}

#[test]
fn what_is_there_already_stays() {
    let dir = "`/w/build/src/pytorch`";
    let there = commit('1');
    let cases = [
        (Owner::Tool, Some("digest"), format!("{dir} is at this commit already")),
        (Owner::Built, Some("digest"), format!("{dir} is at this commit already")),
        (Owner::User, None, format!("{dir} is a checkout of yours at this commit: it is built as it is")),
        (
            Owner::User,
            Some("digest"),
            format!("{dir} is at this commit and has changes of yours: it is built as it is, and recorded as dirty"),
        ),
        (
            Owner::Edited,
            Some("digest"),
            format!("{dir} is at this commit and has changes of yours: it is built as it is, and recorded as dirty"),
        ),
    ];
    for (owner, changes, why) in cases {
        let mut facts = locked_facts();
        facts.checkouts.insert(Project::Pytorch, checkout(owner, &there, changes));
        let job = one(&linux(), "build --ref nightly --gfx gfx942 --only pytorch", &facts);
        assert_eq!((&job.why[1], &job.steps[..]), (&why, &[][..]));
    }
}

#[test]
fn commits_above_the_public_one_stay_and_are_told() {
    let (public, head) = (commit('1'), commit('3'));
    let of_yours = "`/w/build/src/pytorch` is a checkout of yours at this commit: it is built as it is".to_owned();
    let above = |upstream: &str| {
        format!(
            "`/w/build/src/pytorch` is at {head}, with commits of yours above {upstream}: it is built as it is, and recorded as dirty"
        )
    };
    // The locked commit is the tagged one, unless the user checked it out beside an older tag.
    for (upstream, locked, own_commits, why, named, dirty) in [
        (&public, &public, None, &of_yours, &public, None),
        (&public, &public, Some("own"), &above(&public), &public, Some("own")),
        (&commit('2'), &head, Some("own"), &of_yours, &head, None),
    ] {
        let mut facts = locked_facts();
        let mut there = checkout(Owner::Edited, &head, None);
        let git = there.git.as_mut().unwrap();
        (git.upstream, git.own_commits) = (upstream.clone(), own_commits.map(str::to_owned));
        let lock = facts.lock.get_mut(&Project::Pytorch).unwrap();
        lock.commit = locked.clone();
        assert_eq!((git.public(Some(lock)), git.dirty(Some(lock))), (named.as_str(), dirty));
        facts.checkouts.insert(Project::Pytorch, there);
        let job = one(&linux(), "build --ref nightly --gfx gfx942 --only pytorch", &facts);
        assert_eq!((&job.why[1], &job.steps[..]), (why, &[][..]));
    }
}

#[test]
fn what_is_the_users_is_never_moved() {
    let (one, two) = (commit('1'), commit('2'));
    let yourself = "commit or stash what you changed and check out that commit yourself, ";
    let choices = "build what is there with `--pytorch-dir /w/build/src/pytorch`, check out elsewhere with `--root-checkout-dir`, or remove the \
                   folder";
    let cases = [
        (checkout(Owner::User, &two, None), format!("is a checkout of yours at {two}"), yourself),
        (checkout(Owner::Edited, &two, Some("digest")), format!("was changed since it was checked out at {two}"), yourself),
        (Checkout::default(), "holds files that are no git checkout with a commit".to_owned(), ""),
    ];
    for (there, state, first) in cases {
        let mut facts = locked_facts();
        facts.checkouts.insert(Project::Pytorch, there);
        let request = request(&linux(), "build --ref nightly --gfx gfx942 --only pytorch");
        let (jobs, problems) = checkout_jobs(&request, &linux(), &facts);
        let text = format!("`/w/build/src/pytorch` {state}; `--ref nightly` is {one} of torch\nhint: {first}{choices}");
        assert_eq!((jobs, told(&problems)), (vec![], vec![text]));
    }
}

#[test]
fn a_checkout_that_git_cannot_read_is_told() {
    let mut facts = locked_facts();
    facts.checkouts.insert(Project::Apex, Checkout::default());
    facts.unresolved = vec![Unresolved {
        project: Project::Apex,
        cause: "`git status` exited with 128: fatal: no".to_owned(),
        hint: None,
        told_of: None,
    }];
    let (_, problems) = checkout_jobs(&request(&linux(), "build --ref nightly --gfx gfx942 --only apex"), &linux(), &facts);
    let expected = "the sources of apex in `/w/build/src/apex` cannot be read: `git status` exited with 128: fatal: no";
    assert_eq!(told(&problems), [expected]);
}

#[test]
fn commits_that_are_not_known_are_told() {
    let unresolved = Unresolved {
        project: Project::PytorchAudio,
        cause: "`related_commits` has no row for `torchaudio`".to_owned(),
        hint: Some("advice".to_owned()),
        told_of: None,
    };
    let facts = Facts { unresolved: vec![unresolved], ..facts() };
    let request = request(&linux(), "build --ref release/2.13 --gfx gfx942 --only pytorch_audio,apex");
    let (jobs, problems) = checkout_jobs(&request, &linux(), &facts);
    let expected = [
        "the commit of `pytorch_audio` for `--ref release/2.13` is not known: `related_commits` has no row for `torchaudio`\nhint: advice",
        "the commit of `apex` for `--ref release/2.13` is not known: it was not looked for",
    ];
    assert_eq!((jobs, told(&problems)), (vec![], expected.map(str::to_owned).to_vec()));
}

#[test]
fn a_fault_that_is_told_of_another_project_is_not_told_again() {
    let unresolved = |project, told_of| Unresolved { project, cause: "no".to_owned(), hint: None, told_of };
    let unresolved = vec![unresolved(Project::Triton, Some(Project::Pytorch)), unresolved(Project::Pytorch, None)];
    let facts = Facts { unresolved, ..facts() };
    let request = request(&linux(), "build --ref nightly --gfx gfx942 --only pytorch,triton");
    let (jobs, problems) = checkout_jobs(&request, &linux(), &facts);
    assert_eq!(
        (jobs, told(&problems)),
        (vec![], vec!["the commit of `pytorch` for `--ref nightly` is not known: no".to_owned()])
    );
}

#[test]
fn only_what_a_ref_asks_for_is_fetched() {
    let names = |words: &str| {
        let (jobs, problems) = checkout_jobs(&request(&linux(), words), &linux(), &locked_facts());
        assert_eq!(problems, []);
        jobs.into_iter().map(|job| (job.name.0, job.waits_for.len())).collect::<Vec<_>>()
    };
    let all = ["triton", "pytorch", "pytorch_audio", "pytorch_vision", "apex"].map(|key| (format!("checkout-{key}"), 0));
    assert_eq!(names("build --ref nightly --gfx gfx942"), all);
    assert_eq!(names("build --gfx gfx942"), []);
    assert_eq!(names("build --ref nightly --gfx gfx942 --only pytorch,apex --pytorch-dir /p"), all[4..]);
    assert_eq!(names("install-rocm"), []);
}

#[test]
fn git_is_needed() {
    let cases = [
        (Platform::Linux, None, "`git` is not found\nhint: install it, on Debian and Ubuntu with `apt-get install git`"),
        (Platform::Windows, None, "`git` is not found\nhint: install Git for Windows and put it on `PATH`"),
        (
            Platform::Linux,
            Some("exited with 127"),
            "`/usr/bin/git` does not run: exited with 127\nhint: install it, on Debian and Ubuntu with `apt-get install git`",
        ),
    ];
    for (platform, cause, expected) in cases {
        let mut facts = locked_facts();
        match cause {
            None => drop(facts.tools.remove("git")),
            Some(cause) => facts.tools.get_mut("git").unwrap().version = Err(cause.to_owned()),
        }
        let host = fixture::host(platform);
        let ask = |words: &str| checkout_jobs(&request(&host, words), &host, &facts).1;
        assert_eq!(told(&ask("build --ref nightly --gfx gfx942")), [expected]);
        assert_eq!(ask("install-rocm"), []);
    }
}
