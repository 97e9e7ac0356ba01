//! The job budget: how many compilers may run at once, and how wheels that are built side by side share them.

use manifest::counted;

use crate::host::{Host, Memory};
use crate::request::{Jobs, Problem, Request};

/// What a compiler takes at its peak for one GPU target, in tenths of a GiB.
const FIRST_TARGET: u64 = 16;

/// What each further target adds: the targets are compiled one after another, but what comes of them is held until all are bundled.
const NEXT_TARGET: u64 = 1;

const TENTH_OF_GIB: u64 = (1 << 30) / 10;

/// How many compilers may run at once on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// At least one.
    pub compilers: u32,
    /// Where the number comes from.
    pub why: String,
}

/// How wheels that need nothing of each other share the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// How many of them are built at the same time.
    pub side_by_side: u32,
    /// The compilers of each.
    pub each: u32,
}

impl Budget {
    /// `wheels` of them side by side, or fewer where there are not enough compilers for all.
    pub fn shared_by(&self, wheels: u32) -> Shares {
        let side_by_side = wheels.clamp(1, self.compilers.max(1));
        Shares { side_by_side, each: (self.compilers / side_by_side).max(1) }
    }
}

impl Shares {
    /// The reason for a wheel's `MAX_JOBS`.
    pub fn why(&self, budget: &Budget) -> String {
        let all = format!("{}: {}", budget.compilers, budget.why);
        match self.side_by_side {
            1 => format!("compilers at once: {all}"),
            wheels => format!("compilers at once: {} for each of {wheels} wheels side by side, of {all}", self.each),
        }
    }
}

/// The number that was asked for, the one that the environment has, or what processors and memory allow.
pub fn budget(request: &Request, host: &Host) -> Result<Budget, Problem> {
    if let Jobs::Fixed(compilers) = request.jobs {
        return Ok(Budget { compilers, why: "`--jobs` says so".to_owned() });
    }
    let Some(text) = host.var("MAX_JOBS") else {
        return Ok(automatic(host, request.gfx.targets.len() as u64));
    };
    match text.trim().parse() {
        Ok(compilers) if compilers > 0 => Ok(Budget { compilers, why: "the variable `MAX_JOBS` says so".to_owned() }),
        _ => Err(Problem::new(format!("variable `MAX_JOBS` is not a positive number: `{text}`"))
            .hint("unset it, or say how many compilers may run at once with `--jobs`")),
    }
}

/// How many compilers `MAX_JOBS` says, and half as many. One cannot be halved.
pub fn halved(jobs: &str) -> Option<(u32, u32)> {
    let from: u32 = jobs.trim().parse().ok()?;
    (from > 1).then_some((from, from / 2))
}

/// What a manifest says of a build that was tried again: it follows its reason.
pub fn retried(from: u32, to: u32) -> String {
    format!("; memory ran out with {from} compilers at once, so it was tried again with {to}")
}

/// What processors and memory allow for so many GPU targets.
pub fn automatic(host: &Host, targets: u64) -> Budget {
    let cpus = host.cpus.max(1);
    let processors = counted(cpus.into(), "processor");
    let Some((bytes, what)) = least(&host.memory) else {
        let why = format!("{processors}; how much memory there is could not be read");
        return Budget { compilers: cpus, why };
    };
    let each = FIRST_TARGET + NEXT_TARGET * targets.saturating_sub(1);
    let fit = bytes / 4 * 3 / (each * TENTH_OF_GIB);
    // The smaller of the two fits into what the processors are counted in.
    let compilers = fit.clamp(1, cpus.into()) as u32;
    let why = format!(
        "the least of {processors} and {fit} that fit into memory (75 % of the {} GiB {what}, over {} GiB each for {})",
        tenths(bytes / TENTH_OF_GIB),
        tenths(each),
        counted(targets, "target"),
    );
    Budget { compilers, why }
}

/// The memory that counts, in bytes, and what sets it.
fn least(memory: &Memory) -> Option<(u64, &'static str)> {
    let available = memory.available.map(|bytes| (bytes, "that are free"));
    let limit = memory.limit.map(|bytes| (bytes, "of the control group"));
    available.into_iter().chain(limit).min()
}

fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Environment, Platform, Terminal};

    const GIB: u64 = 1 << 30;

    fn host(cpus: u32, available: Option<u64>, limit: Option<u64>) -> Host {
        Host {
            platform: Platform::Linux,
            machine: "x86_64".to_owned(),
            cwd: "/w".to_owned(),
            env: Environment::default(),
            cpus,
            memory: Memory { available, limit },
            terminal: Terminal::Dumb,
        }
    }

    #[test]
    fn processors_and_memory_limit_the_budget() {
        let cases = [
            ((16, None, None), 1, 16, "16 processors; how much memory there is could not be read"),
            (
                (16, Some(20 * GIB), None),
                1,
                9,
                "the least of 16 processors and 9 that fit into memory (75 % of the 20.0 GiB that are free, over 1.6 GiB each for 1 target)",
            ),
            (
                (16, Some(200 * GIB), Some(8 * GIB)),
                2,
                3,
                "the least of 16 processors and 3 that fit into memory (75 % of the 8.0 GiB of the control group, over 1.7 GiB each for 2 targets)",
            ),
            (
                (1, Some(64 * GIB), Some(128 * GIB)),
                28,
                1,
                "the least of 1 processor and 11 that fit into memory (75 % of the 64.0 GiB that are free, over 4.3 GiB each for 28 targets)",
            ),
            (
                (4, Some(GIB), None),
                1,
                1,
                "the least of 4 processors and 0 that fit into memory (75 % of the 1.0 GiB that are free, over 1.6 GiB each for 1 target)",
            ),
        ];
        for ((cpus, available, limit), targets, compilers, why) in cases {
            let budget = automatic(&host(cpus, available, limit), targets);
            assert_eq!(budget, Budget { compilers, why: why.to_owned() });
        }
    }

    #[test]
    fn one_compiler_is_the_least() {
        for (jobs, expected) in
            [("8", Some((8, 4))), (" 3 ", Some((3, 1))), ("2", Some((2, 1))), ("1", None), ("0", None), ("x", None)]
        {
            assert_eq!(halved(jobs), expected, "{jobs}");
        }
    }

    #[test]
    fn side_by_side_wheels_share_the_budget() {
        let cases = [(9, 1, 1, 9), (9, 3, 3, 3), (8, 3, 3, 2), (2, 3, 2, 1), (1, 3, 1, 1), (3, 3, 3, 1), (5, 0, 1, 5)];
        for (compilers, wheels, side_by_side, each) in cases {
            let budget = Budget { compilers, why: String::new() };
            assert_eq!(budget.shared_by(wheels), Shares { side_by_side, each }, "{compilers} for {wheels}");
        }
    }
}
