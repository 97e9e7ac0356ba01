//! Uploads into a bucket, through the `aws` program: it knows where credentials come from and how to try again.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Sent, again, changed, conflict};
use crate::command::{Code, Stop};
use crate::file::{self, Meter};
use crate::host::Host;
use crate::process::{self, Spawn};
use crate::request::Problem;
use crate::upload::{Object, Present, Verdict, aws};

/// How many of the program's last lines a failure shows.
const TAIL: usize = 30;

/// A bucket.
pub(super) struct S3<'a> {
    /// The `aws` program, absolute.
    pub program: String,
    /// The bucket's name.
    pub bucket: &'a str,
    pub host: &'a Host,
}

impl S3<'_> {
    /// What is there of each object; all have keys below one of the prefixes.
    pub(super) fn look(&self, prefixes: &[String], objects: &[Object]) -> Result<Vec<Present>, Problem> {
        let mut listed = BTreeMap::new();
        for prefix in prefixes {
            listed.extend(self.list(prefix)?);
        }
        objects
            .iter()
            .map(|object| if listed.contains_key(&object.key) { self.content(object) } else { Ok(Present::Nothing) })
            .collect()
    }

    /// Uploads a file to a key that has nothing.
    pub(super) fn send(&self, object: &Object) -> Result<Sent, Stop> {
        // A file in parts would replace what came since the first look.
        if object.size > aws::SINGLE && self.is_there(object)? {
            return Ok(Sent::Elsewhere);
        }
        let sent = self.run("upload", &object.url, &aws::send(self.bucket, object), &mut io::sink());
        let now = file::measure(&object.from);
        if !now.as_ref().is_ok_and(|now| (now.size, &now.sha256) == (object.size, &object.sha256)) {
            let and = match sent.and_then(|()| self.remove(object)) {
                Ok(()) => format!("`{}` was removed again", object.url),
                Err(problem) => format!("look whether `{}` is there, and remove it: {}", object.url, problem.text),
            };
            return Err(changed(object, now, &and));
        }
        let Err(problem) = sent else {
            let there = self.content(object).map_err(failed)?;
            return expect(object, &there).map(|_| Sent::Here);
        };
        // It is refused where something has appeared since the first look. Whatever else went wrong, this problem tells it best.
        match self.is_there(object) {
            Ok(true) => Ok(Sent::Elsewhere),
            Err(stop @ Stop::Problems(Code::Unproven, _)) => Err(stop),
            _ => Err(failed(problem)),
        }
    }

    /// Takes back what was uploaded under a hash that is not its own.
    fn remove(&self, object: &Object) -> Result<(), Problem> {
        self.run("remove", &object.url, &aws::remove(self.bucket, &object.key), &mut io::sink())
    }

    /// Whether the object is there as it should be.
    fn is_there(&self, object: &Object) -> Result<bool, Stop> {
        let there = match self.list(&object.key).map_err(failed)?.contains_key(&object.key) {
            true => self.content(object).map_err(failed)?,
            false => Present::Nothing,
        };
        expect(object, &there)
    }

    /// The keys that begin with a text, and their sizes.
    fn list(&self, prefix: &str) -> Result<BTreeMap<String, u64>, Problem> {
        let place = format!("s3://{}/{prefix}", self.bucket);
        self.ask("list", &place, &aws::list(self.bucket, prefix), aws::listed)
    }

    /// What an object holds that is there: as its metadata tells, or, where somebody else uploaded it, as its content does.
    fn content(&self, object: &Object) -> Result<Present, Problem> {
        let there = self.ask("look at", &object.url, &aws::head(self.bucket, &object.key), aws::noted)?;
        if object.against(&there) != Verdict::Read {
            return Ok(there);
        }
        let mut meter = Meter::default();
        self.run("read", &object.url, &aws::read(&object.url), &mut meter)?;
        let stored = meter.stored();
        Ok(Present::Content { size: stored.size, sha256: Some(stored.sha256) })
    }

    fn ask<T>(&self, doing: &str, what: &str, args: &[String], read: impl Fn(&str) -> Result<T, String>) -> Result<T, Problem> {
        let mut answer = Vec::new();
        self.run(doing, what, args, &mut answer)?;
        read(&String::from_utf8_lossy(&answer))
            .map_err(|cause| Problem::new(format!("cannot {doing} `{what}`: what `aws` answers: {cause}")))
    }

    fn run(&self, doing: &str, what: &str, args: &[String], target: &mut dyn Write) -> Result<(), Problem> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let spawn = Spawn::new(&self.program, &args, &self.host.cwd).env(&aws::ENV);
        let (ended, said) =
            process::pour(&spawn, target).map_err(|error| Problem::new(format!("cannot {doing} `{what}`: {error}")))?;
        if ended.success() {
            return Ok(());
        }
        let mut text = format!("cannot {doing} `{what}`: `aws` {ended}\n");
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        if !lines.is_empty() {
            text.push_str("  last lines:\n");
        }
        lines[lines.len().saturating_sub(TAIL)..].iter().for_each(|line| text.push_str(&format!("    | {line}\n")));
        text.push_str(&format!("  command: {}", process::paste(&spawn, self.host.platform)));
        Err(Problem::new(text))
    }
}

/// Whether the object is there; something else in its place is an error.
fn expect(object: &Object, there: &Present) -> Result<bool, Stop> {
    match object.against(there) {
        Verdict::Keep => Ok(true),
        Verdict::Send => Ok(false),
        Verdict::Conflict | Verdict::Read => Err(Stop::Problems(Code::Unproven, vec![conflict(object, there)])),
    }
}

fn failed(problem: Problem) -> Stop {
    Stop::Problems(Code::Job, vec![again(problem.text)])
}
