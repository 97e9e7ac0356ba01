//! What went wrong, read off what a failing program printed: the first command that failed, the first error, its class and a hint. Lines are
//! taken as they come and a few are kept, however many there are.

mod class;
mod line;
mod words;

pub use class::Class;

use line::{Rank, Said};

/// The longest text that is kept of a line, in bytes: a link command has hundreds of files.
const LONGEST: usize = 600;

/// How much of a line is looked at, in bytes.
const LOOKED_AT: usize = 4096;

/// What is known of a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What kind of failure it is.
    pub class: Class,
    /// What ninja or make could not make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The first command that failed, as it was printed, cut where it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The first error, as one line, cut where it is long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Finding {
    /// A failure of which only the cause is known, in the tool's own words or the operating system's.
    pub fn of_cause(cause: &str) -> Self {
        Finding { class: line::class_of_words(cause).unwrap_or_default(), ..Finding::default() }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        self.class.hint()
    }

    /// With this class, as somebody knows better than what was printed.
    pub fn classed(self, class: Class) -> Self {
        Finding { class, ..self }
    }
}

/// Where in ninja's output the lines are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Nothing has failed yet.
    #[default]
    Before,
    /// The next line is the command that failed first.
    Command,
    /// What that command printed: ninja keeps it together.
    Inside,
    /// Other commands'.
    After,
}

/// The first line of each rank.
type Ranked = [Option<(Class, String)>; Rank::COUNT];

/// `CMake Error at CMakeLists.txt:3 (find_package):` and what was printed below it.
#[derive(Debug)]
struct Head {
    text: String,
    indent: usize,
}

/// How Python begins to tell of an exception.
const TRACEBACK: &str = "Traceback (most recent call last):";

/// Watches what a program prints.
#[derive(Debug, Default)]
pub struct Watch {
    place: Place,
    target: Option<String>,
    command: Option<String>,
    /// Of what ninja said failed first.
    inside: Ranked,
    outside: Ranked,
    /// How far the traceback is indented that is being printed.
    traceback: Option<usize>,
    /// CMake's error, as far as it was printed.
    head: Option<Head>,
    /// pip said that it could not reach its index.
    unreachable: bool,
}

impl Watch {
    /// Takes the next line.
    pub fn line(&mut self, line: &str) {
        let looked_at = start(line, LOOKED_AT);
        let plain = line::plain(looked_at);
        let text = plain.trim();
        if self.place == Place::Command && !text.is_empty() {
            self.command = Some(cut(text));
            self.place = Place::Inside;
            return;
        }
        if self.head.is_some() || self.traceback.is_some() {
            self.go_on(&plain, text);
        }
        if !line::may_tell(text) {
            return;
        }
        if let Some(failed) = text.strip_prefix("FAILED: ") {
            return self.failed(failed);
        }
        if self.place == Place::Inside && line::is_progress(text) {
            self.place = Place::After;
        }
        self.unreachable |= line::is_retry(text);
        if text.ends_with(TRACEBACK) {
            self.traceback = Some(indent(&plain));
        } else if text.starts_with("CMake Error: ") {
            self.keep_as(line::class_of_cmake(text), Rank::Error, text);
        } else if text.starts_with("CMake Error") {
            self.head = Some(Head { text: text.to_owned(), indent: indent(&plain) });
        } else if let Some(said) = line::read(text) {
            self.keep(said, text);
        }
    }

    /// What is known now that the program has ended. `killed` if signal 9 ended it, or its exit code says so of one that it started.
    pub fn finding(&self, killed: bool) -> Finding {
        let first = |ranked: &Ranked| ranked.iter().flatten().next().cloned();
        let telling = |ranked: &Ranked| ranked[..Rank::Summary as usize].iter().flatten().next().cloned();
        let head = self.head.as_ref().map(|head| (line::class_of_cmake(&head.text), cut(&head.text)));
        let found =
            telling(&self.inside).or_else(|| telling(&self.outside)).or(head).or(first(&self.inside)).or(first(&self.outside));
        let (class, error) = found.map_or((Class::Other, None), |(class, error)| (class, Some(error)));
        let class = match class {
            Class::MissingPackage if self.unreachable => Class::Network,
            // Whoever is killed has no time to say why.
            Class::Other if killed => Class::Memory,
            class => class,
        };
        Finding { class, target: self.target.clone(), command: self.command.clone(), error }
    }

    /// ninja's `FAILED: [code=1] a.o b.o`; the command is on the next line.
    fn failed(&mut self, text: &str) {
        if self.place != Place::Before {
            self.place = Place::After;
            return;
        }
        let (code, target) = match text.strip_prefix("[code=").and_then(|rest| rest.split_once("] ")) {
            Some((code, target)) => (code, target),
            None => ("", text),
        };
        self.target = Some(cut(target.split_whitespace().next().unwrap_or(target)));
        self.place = Place::Command;
        if code == "137" {
            self.keep_as(Class::Memory, Rank::Summary, text);
        }
    }

    /// The lines of a traceback, or of CMake's error.
    fn go_on(&mut self, plain: &str, text: &str) {
        if let Some(head) = &mut self.head {
            // Its words are indented, in paragraphs.
            if text.is_empty() {
                return;
            }
            if indent(plain) > head.indent && head.text.len() < LONGEST {
                head.text.push(' ');
                head.text.push_str(text);
            } else if let Some(head) = self.head.take() {
                self.keep_as(line::class_of_cmake(&head.text), Rank::Error, &head.text);
            }
        }
        if let Some(indented) = self.traceback
            && !text.is_empty()
            && indent(plain) <= indented
            && !text.ends_with(TRACEBACK)
        {
            self.traceback = None;
            if let Some((class, rank)) = line::exception(text) {
                self.keep_as(class, rank, text);
            }
        }
    }

    fn keep(&mut self, said: Said<'_>, text: &str) {
        if let (Some(target), None) = (said.target, &self.target) {
            self.target = Some(cut(target));
        }
        if let (Some(command), None) = (said.command, &self.command) {
            self.command = Some(cut(command));
        }
        self.keep_as(said.class, said.rank, text);
    }

    fn keep_as(&mut self, class: Class, rank: Rank, text: &str) {
        let ranked = if matches!(self.place, Place::Command | Place::Inside) { &mut self.inside } else { &mut self.outside };
        ranked[rank as usize].get_or_insert_with(|| (class, cut(text)));
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn cut(text: &str) -> String {
    match start(text, LONGEST) {
        all if all.len() == text.len() => text.to_owned(),
        begin => format!("{begin}…"),
    }
}

/// The first so many bytes, or a few less where a character would be cut in two.
fn start(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests;
