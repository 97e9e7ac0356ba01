//! One line for each job that runs, redrawn in place.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::event::Event;
use crate::plan::JobName;

/// How often a line is redrawn, so that its clock runs.
const TICK: Duration = Duration::from_millis(200);

pub(super) struct Bars {
    all: MultiProgress,
    /// Each with what it does.
    jobs: BTreeMap<JobName, (ProgressBar, String)>,
}

impl Bars {
    pub(super) fn new() -> Self {
        Bars { all: MultiProgress::new(), jobs: BTreeMap::new() }
    }

    /// Draws a line above the bars.
    pub(super) fn above(&self, line: &str) {
        // Without a terminal there are no bars to draw above; what is said must be seen all the same. Where no bar is drawn now, the line would
        // be left without an end.
        if self.all.is_hidden() || self.jobs.is_empty() {
            super::print_line(line);
        } else {
            let _ = self.all.println(line);
        }
    }

    pub(super) fn update(&mut self, event: &Event) {
        match event {
            Event::JobStarted { job, steps, .. } => {
                let bar = self.all.add(ProgressBar::new(*steps as u64));
                bar.set_style(style());
                bar.set_prefix(job.to_string());
                bar.enable_steady_tick(TICK);
                self.jobs.insert(job.clone(), (bar, String::new()));
            }
            Event::StepStarted { job, step, purpose, .. } => {
                if let Some((bar, doing)) = self.jobs.get_mut(job) {
                    bar.set_position(*step as u64);
                    bar.set_message(purpose.clone());
                    doing.clone_from(purpose);
                }
            }
            Event::Progressed { job, text } => {
                if let Some((bar, doing)) = self.jobs.get(job) {
                    bar.set_message(if text.is_empty() { doing.clone() } else { format!("{doing}: {text}") });
                }
            }
            Event::JobEnded { job, .. } => {
                if let Some((bar, _)) = self.jobs.remove(job) {
                    bar.finish_and_clear();
                }
            }
            _ => {}
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix:16} [{pos}/{len}] {elapsed:>4} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
