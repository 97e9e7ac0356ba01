//! `manifest schema`.

use manifest::SCHEMA;

use crate::cli::SchemaArgs;
use crate::command::{Code, Stop, result};
use crate::file;
use crate::host::Host;
use crate::process::{self, Spawn};
use crate::request::Problem;

/// The committed schema, from the checkout on.
const COMMITTED: &str = "manifest/schema/manifest.schema.json";

pub(super) fn run(args: &SchemaArgs, host: &Host) -> Result<Code, Stop> {
    if args.check {
        let checkout = Checkout::of(host).map_err(Stop::world)?;
        checkout.check()?;
        result(&format!("`{COMMITTED}` is what the types say"))?;
    } else {
        result(SCHEMA)?;
    }
    Ok(Code::Done)
}

/// The project's checkout, and the cargo that started the tool from it. Only the crate's tests know how a schema is made of its types.
struct Checkout {
    cargo: String,
    folder: String,
}

impl Checkout {
    fn of(host: &Host) -> Result<Self, Problem> {
        let wrong = |cause: String| {
            let hint = "start the tool by `cargo xtask` in the project's checkout";
            Problem::new(format!("cannot check the schema: {cause}")).hint(hint)
        };
        let cargo = host.var("CARGO").ok_or_else(|| wrong("variable `CARGO` is not set".to_owned()))?;
        let package =
            host.var("CARGO_MANIFEST_DIR").ok_or_else(|| wrong("variable `CARGO_MANIFEST_DIR` is not set".to_owned()))?;
        let folder = host.platform.parent(package).unwrap_or_default().to_owned();
        file::read_text(&host.platform.join(&folder, COMMITTED)).map_err(|error| wrong(error.to_string()))?;
        Ok(Checkout { cargo: cargo.to_owned(), folder })
    }

    /// Runs the tests that hold the committed schema to the types.
    fn check(&self) -> Result<(), Stop> {
        let (built, printed) = self.cargo(&["--no-run"])?;
        if !built {
            return Err(Stop::world(problem("the schema's tests cannot be built", &printed)));
        }
        let (passed, printed) = self.cargo(&[])?;
        // No test of that name is no proof.
        let ran = printed.iter().any(|line| line.starts_with("test result: ok. ") && !line.contains(" 0 passed"));
        if passed && ran {
            return Ok(());
        }
        let hint = "run `UPDATE_SCHEMA=1 cargo test --package manifest schema` and read the difference";
        let problem = problem(&format!("`{COMMITTED}` is not what the types say"), &printed).hint(hint);
        Err(Stop::Problems(Code::Unproven, vec![problem]))
    }

    /// Whether cargo succeeded, and what it printed.
    fn cargo(&self, more: &[&str]) -> Result<(bool, Vec<String>), Stop> {
        let args = [&["test", "--package", "manifest", "--lib"], more, &["schema"]].concat();
        // The variable would have the tests write the schema instead.
        let spawn = Spawn::new(&self.cargo, &args, &self.folder).env(&[("UPDATE_SCHEMA", None)]);
        let mut printed = Vec::new();
        let ended = process::run(&spawn, &mut |line| printed.push(line.to_owned()));
        let ended = ended.map_err(|error| Stop::world(Problem::new(format!("cannot check the schema: {error}"))))?;
        Ok((ended.success(), printed))
    }
}

fn problem(what: &str, printed: &[String]) -> Problem {
    let lines: String = printed.iter().map(|line| format!("\n    | {}", line.trim_end())).collect();
    Problem::new(format!("{what}; cargo printed:{lines}"))
}
