//! What the tool notes in a checkout that it made: so that it knows its own work from somebody's.

use serde::{Deserialize, Serialize};

use super::Git;
use crate::facts::{Owner, Part};
use crate::file;
use crate::plan::Mark;

/// The file, in the folder where git keeps what belongs to the checkout.
const FILE: &str = "therock-xtask.json";

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// The commit that was checked out.
    commit: String,
    /// The ref that it was checked out for; absent in notes of older versions.
    reference: Option<String>,
    /// The digests of the changes that were there after the checkout and, if they were others, after the last build.
    changes: Vec<Option<String>>,
    #[serde(default)]
    state: State,
    /// What was made in it; absent in notes of older versions.
    parts: Option<Vec<Part>>,
}

/// What is done with the checkout. A run that is killed leaves the last two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    #[default]
    Settled,
    Building,
    Moving,
}

impl Note {
    /// Who made what is there now.
    pub(super) fn owner(&self, head: &str, changes: &Option<String>) -> Owner {
        match (self.state, self.changes.iter().position(|known| known == changes)) {
            (State::Moving, _) => Owner::Moving,
            _ if self.commit != head => Owner::Edited,
            (_, Some(0)) => Owner::Tool,
            (_, Some(_)) | (State::Building, None) => Owner::Built,
            (State::Settled, None) => Owner::Edited,
        }
    }

    /// What was made in the checkout.
    pub(super) fn parts(&self) -> Option<Vec<Part>> {
        self.parts.clone()
    }

    /// The ref that the checkout was made for, while it is still at that commit.
    pub(super) fn reference_of(&self, head: &str) -> Option<String> {
        self.reference.clone().filter(|_| self.commit == head)
    }
}

impl Git<'_> {
    /// What is noted of a checkout, by its git folder.
    pub(super) fn note(&self, folder: &str) -> Result<Option<Note>, String> {
        let path = self.host.platform.join(folder, FILE);
        let Some(text) = file::read_if_there(&path).map_err(|error| error.to_string())? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| format!("`{path}` is not what the tool wrote: {error}"))
    }

    /// Notes what is done with a checkout. What has no note is not the tool's, and gets one only as a whole new checkout or
    /// where its owner gave it away.
    pub(in crate::observe) fn mark_checkout(&self, dir: &str, mark: &Mark) -> Result<(), String> {
        let status = self.status(dir)?;
        let head = status.head.clone().ok_or_else(|| format!("the checkout `{dir}` has no commit"))?;
        let folder = self.folder(dir)?;
        let now = || Ok::<_, String>(self.changes(dir, &status)?.digest());
        let note = match (mark, self.note(&folder)?) {
            (Mark::CheckedOut { reference, parts }, _) => Note {
                commit: head,
                reference: Some(reference.clone()),
                changes: vec![now()?],
                state: State::Settled,
                parts: Some(parts.clone()),
            },
            (Mark::Building, Some(note)) if note.commit == head => Note { state: State::Building, ..note },
            // What was not built is as it was, or somebody changed it.
            (Mark::Built, Some(note)) if note.state == State::Building && note.commit == head => note.built(now()?),
            (Mark::Moving { changes }, note) if now()? == *changes => {
                let new = Note { commit: head, reference: None, changes: Vec::new(), state: State::Moving, parts: None };
                let note = note.unwrap_or(new);
                Note { state: State::Moving, ..note }
            }
            (Mark::Moving { .. }, _) => {
                return Err(format!("`{dir}` was changed while its new commit was fetched, and is left as it is"));
            }
            (Mark::Building | Mark::Built, _) => return Ok(()),
        };
        let text = serde_json::to_string_pretty(&note).map_err(|error| error.to_string())?;
        file::write_text(&self.host.platform.join(&folder, FILE), &text).map_err(|error| error.to_string())
    }
}

impl Note {
    /// The same checkout after a build that left these changes.
    fn built(mut self, now: Option<String>) -> Self {
        self.changes.truncate(1);
        if !self.changes.contains(&now) {
            self.changes.push(now);
        }
        Note { state: State::Settled, ..self }
    }
}
