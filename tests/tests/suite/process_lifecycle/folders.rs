//! What runs find in folders that others left: build folders, and files that were not finished.

use std::fs;

use crate::environment::prepare;
use crate::process_lifecycle::shared::trees;

const SLEEPS: &str = "journal compiling\nsleep 600";

#[test]
fn a_build_folder_without_a_record_is_not_built_in() {
    let trees = trees();
    let kept = trees.sandbox.path("build/demo/src/pytorch_audio/build/kept.o");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, "for whom?").unwrap();

    prepare(&trees.sandbox, "second");
    // To another work folder it is somebody's, whoever made the checkout.
    let sources = trees.sandbox.arg("build/demo/src/pytorch_audio");
    let ended = trees.run(&mut trees.build(&["--work-dir", "second", "--pytorch-audio-dir", &sources])).expect(3);
    let said = trees.sandbox.plain(&ended.stderr);
    assert_eq!(
        said.split_at(said.find("error: ").unwrap()).1,
        "error: the sources of torchaudio in `BOX/project/build/demo/src/pytorch_audio` have a build folder, and no record says what it was configured \
         for\nhint: remove it with `--clean`, or name other sources with `--pytorch-audio-dir`\n"
    );
    assert!(kept.exists());

    // The first build of this work folder, as far as it knows.
    fs::remove_dir_all(trees.below("jobs")).unwrap();
    trees.compiler(SLEEPS);
    let mut run = trees.start(&mut trees.build(&["-v"]));
    trees.wait_for("compiler", "compiling");
    assert!(!kept.exists());
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, "for this one").unwrap();
    run.kill();
    assert!(run.ended().stderr.contains("removing the build folder: no record says what it was configured for\n"));
    // What it was configured for is known from its beginning on.
    trees.completes(&mut trees.build(&[]));
    assert!(kept.exists());
}

#[test]
fn files_that_were_not_finished_are_removed() {
    let trees = trees();
    let dist = trees.sandbox.path("build/demo/dist");
    let left = [
        dist.join("torchaudio-1.0-py3-none-any.whl.4194305.part"),
        dist.join("SHA256SUMS.12.part"),
        dist.join("manifests/therock-manifest_torch_py3.12_nightly.partial.json.7.part"),
        trees.below("jobs/pytorch_audio.json.7.part"),
    ];
    let others =
        ["torchaudio-1.0-py3-none-any.whl.part", "notes.txt.7.part", "film.part", "torchaudio-1.0-py3-none-any.whl.7x.part"];
    let others = others.map(|name| dist.join(name));
    left.iter().chain(&others).for_each(|path| fs::write(path, "half").unwrap());
    trees.run(&mut trees.build(&[])).expect(0);
    let there = |paths: &[std::path::PathBuf]| -> Vec<bool> { paths.iter().map(|path| path.exists()).collect() };
    assert_eq!((there(&left), there(&others)), (vec![false; 4], vec![true; 4]));
    others.iter().for_each(|path| fs::remove_file(path).unwrap());
}
