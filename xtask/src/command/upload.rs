//! `upload`: verified wheels first, their manifest last. Nothing that is there is replaced, and what is there already is not sent again, so that an
//! interrupted upload is repeated by the same command.

use manifest::{Manifest, Status, github_output_line, shown};

use super::manifest::read::{self, Read};
use super::manifest::verify;
use super::{Code, Stop, result, tell_github};
use crate::cli::{LogStyle, MessageArgs, UploadArgs};
use crate::file::{FileError, Stored};
use crate::host::Host;
use crate::redact::Secrets;
use crate::report::Report;
use crate::request::Problem;
use crate::upload::{Destination, Layout, ManifestFile, Name, Object, Part, Present, UploadError, Verdict};
use crate::{file, observe};

mod folder;
mod s3;

use s3::S3;

/// Uploads a set of wheels.
///
/// # Errors
/// If the request is wrong, something is missing, the wheels are not what the manifest says, something else is in their place, or an upload fails.
pub fn run(args: &UploadArgs, host: &Host) -> Result<Code, Stop> {
    let asked = Asked::new(args, host)?;
    let (manifest, file) = read_whole(&asked.manifest)?;
    let folder = asked.folder.unwrap_or_else(|| verify::folder_of(host, &asked.manifest));
    let wrong = |errors: Vec<_>| Stop::Problems(Code::Request, errors.into_iter().map(Problem::from).collect());
    let outside = outside(&asked.dest, &folder, host);
    let layout = match (outside, Layout::new(asked.dest.clone(), asked.run, asked.family, &manifest, host)) {
        (Ok(()), Ok(layout)) => layout,
        (outside, layout) => return Err(wrong(outside.err().into_iter().chain(layout.err().into_iter().flatten()).collect())),
    };
    let objects = layout.objects(&manifest, &folder, &file, host.platform).map_err(|error| wrong(vec![error]))?;
    let store = Store::new(&asked.dest, host)?;
    let secrets = Secrets::default().and(&host.env);
    verify::compare(&manifest, &folder, &secrets)?;

    let mut report = Report::new(MessageArgs { log_style: Some(LogStyle::Plain), ..MessageArgs::default() }, host.terminal);
    let there = store.look(&layout, &objects)?;
    conflicts(&objects, &there)?;
    for (object, there) in objects.iter().zip(&there) {
        let is_there = object.against(there) == Verdict::Keep;
        let note = match (is_there, args.dry_run) {
            (true, _) => format!("already there: `{}`", object.url),
            (false, true) => format!("would upload `{}` to `{}`", object.from, object.url),
            (false, false) => match store.send(object)? {
                Sent::Here => format!("uploaded `{}`", object.url),
                Sent::Elsewhere => format!("there by now: `{}`", object.url),
            },
        };
        report.note(&secrets.redact(&note));
    }
    objects.iter().try_for_each(|object| result(&object.url))?;
    if let (Destination::Bucket(_), Some(manifest), false) = (&asked.dest, objects.last(), args.dry_run) {
        tell_github(host, &mut report, "GITHUB_OUTPUT", github_output_line("manifest_url", &manifest.url));
    }
    Ok(Code::Done)
}

/// Refuses a folder in that of the wheels, by whatever way it is named.
fn outside(dest: &Destination, wheels: &str, host: &Host) -> Result<(), UploadError> {
    let Destination::Folder(folder) = dest else { return Ok(()) };
    let real = Destination::Folder(file::real(folder));
    real.outside(&file::real(wheels), host.platform).map_err(|_| UploadError::Into(folder.clone()))
}

/// What was typed, checked.
struct Asked {
    dest: Destination,
    manifest: String,
    folder: Option<String>,
    run: Option<Name>,
    family: Option<Name>,
}

impl Asked {
    /// Everything that is wrong with it, at once.
    fn new(args: &UploadArgs, host: &Host) -> Result<Self, Stop> {
        let name =
            |part, text: &Option<String>| text.as_deref().map(|text| Name::parse(part, text).map_err(Problem::from)).transpose();
        let dest = Destination::parse(&args.dest, host).map_err(Problem::from);
        let manifest = args.manifest.as_deref().map(|text| read::path(host, "the manifest `FILE`", text)).transpose();
        let folder = args.folder.as_deref().map(|text| read::path(host, "the folder `DIR`", text)).transpose();
        match (dest, manifest, folder, name(Part::Run, &args.run_id), name(Part::Family, &args.family)) {
            (Ok(dest), Ok(manifest), Ok(folder), Ok(run), Ok(family)) => {
                let manifest = manifest.map_or_else(|| only_manifest(host), Ok)?;
                Ok(Asked { dest, manifest, folder, run, family })
            }
            (dest, manifest, folder, run, family) => {
                let problems = [dest.err(), manifest.err(), folder.err(), run.err(), family.err()];
                Err(Stop::Problems(Code::Request, problems.into_iter().flatten().collect()))
            }
        }
    }
}

/// The manifest in `dist/manifests`, if it is the only one of a whole set.
fn only_manifest(host: &Host) -> Result<String, Stop> {
    let folder = host.platform.join(&host.cwd, "dist/manifests");
    let mut names = file::list(&folder)?;
    names.retain(|name| name.starts_with("therock-manifest_") && name.ends_with(".json"));
    let (partial, whole): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| is_partial(name));
    match (whole.as_slice(), partial.as_slice()) {
        ([name], _) => Ok(host.platform.join(&folder, name)),
        ([], []) => Err(Stop::world(
            Problem::new(format!("there is no manifest in `{folder}`")).hint("name it: `cargo xtask upload FILE --dest …`"),
        )),
        ([], partial) => Err(Stop::world(
            Problem::new(format!("there is no manifest of a whole set in `{folder}`, only {}", quoted(partial)))
                .hint("finish the build: `build` renames it when every wheel is there"),
        )),
        (several, _) => Err(Stop::request(
            Problem::new(format!("there are several manifests in `{folder}`: {}", quoted(several)))
                .hint("name one: `cargo xtask upload FILE --dest …`"),
        )),
    }
}

fn is_partial(name: &str) -> bool {
    name.ends_with(".partial.json")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ")
}

/// The manifest, if it is that of a whole set.
fn read_whole(path: &str) -> Result<(Manifest, ManifestFile), Stop> {
    let Read { manifest, text } = verify::manifest(path)?;
    let state = match manifest.status {
        Some(Status::Complete) if is_partial(path) => "it is named as one that is not whole".to_owned(),
        Some(Status::Complete) if manifest.artifacts.is_empty() => "it lists no wheel".to_owned(),
        Some(Status::Complete) => {
            let stored = file::stored(text.as_bytes());
            return Ok((manifest, ManifestFile { path: path.to_owned(), size: stored.size, sha256: stored.sha256 }));
        }
        status => format!("its status is `{}`", status.map_or("none".to_owned(), |status| status.to_string())),
    };
    let problem = Problem::new(format!("`{path}` is not the manifest of a whole set: {state}"));
    Err(Stop::world(problem.hint("finish the build: only whole sets are uploaded")))
}

/// Refuses the whole upload if something else is where an object goes.
fn conflicts(objects: &[Object], there: &[Present]) -> Result<(), Stop> {
    let both = objects.iter().zip(there).filter(|(object, there)| object.against(there) == Verdict::Conflict);
    let problems: Vec<Problem> = both.map(|(object, there)| conflict(object, there)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Stop::Problems(Code::Unproven, problems)) }
}

fn conflict(object: &Object, there: &Present) -> Problem {
    Problem::new(object.conflict(there)).hint("nothing is replaced: upload under another `--run-id`, or remove what is there")
}

/// How an object came to be there.
enum Sent {
    /// From here.
    Here,
    /// Somebody else was faster, with the same content.
    Elsewhere,
}

/// Where objects are put.
enum Store<'a> {
    Bucket(S3<'a>),
    Folder,
}

impl<'a> Store<'a> {
    fn new(dest: &'a Destination, host: &'a Host) -> Result<Self, Stop> {
        let Destination::Bucket(bucket) = dest else { return Ok(Store::Folder) };
        let Some(program) = observe::program(host, "aws") else {
            return Err(Stop::world(
                Problem::new("`aws` is not on `PATH`").hint("install the AWS command line, version 1.34.2, 2.17.34 or newer"),
            ));
        };
        Ok(Store::Bucket(S3 { program, bucket: &bucket.name, host }))
    }

    /// What is there of each object.
    fn look(&self, layout: &Layout, objects: &[Object]) -> Result<Vec<Present>, Stop> {
        match self {
            Store::Bucket(s3) => s3.look(&layout.prefixes(), objects).map_err(Stop::world),
            Store::Folder => Ok(objects.iter().map(folder::present).collect::<Result<_, _>>()?),
        }
    }

    /// Puts an object in its place, where nothing is.
    fn send(&self, object: &Object) -> Result<Sent, Stop> {
        match self {
            Store::Bucket(s3) => s3.send(object),
            Store::Folder => folder::send(object),
        }
    }
}

/// That an upload failed midway.
fn again(text: String) -> Problem {
    Problem::new(text).hint("the same command goes on: what is there is kept, and the manifest comes last")
}

/// That a file is not any more what was verified.
fn changed(object: &Object, now: Result<Stored, FileError>, and: &str) -> Stop {
    let now = match now {
        Ok(now) => format!(
            "it had {} bytes with SHA-256 {}, and now {} with SHA-256 {}",
            object.size, object.sha256, now.size, now.sha256
        ),
        Err(error) => error.to_string(),
    };
    let problem = Problem::new(format!("`{}` changed while it was uploaded: {now}; {and}", object.from));
    Stop::Problems(Code::Unproven, vec![problem.hint("wait for whoever writes it, and upload again")])
}
