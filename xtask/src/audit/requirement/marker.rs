//! When a requirement counts: `python_version >= "3.10" and extra == "libraries"`.

use std::str::FromStr;

use manifest::WheelName;
use pep440_rs::{Operator, Version, VersionSpecifier};

use super::normalized;

/// How deeply parentheses may stand in each other.
const DEPTH: usize = 32;

/// What markers ask for, of the Python and the platform that a wheel is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markers {
    python: String,
    windows: bool,
    machine: String,
}

impl Markers {
    /// Those of the first Python and platform that a wheel's tags name.
    pub fn of(name: &WheelName) -> Self {
        let python = name.python_tag().split('.').next().unwrap_or_default();
        let digits = python.trim_start_matches(|character: char| character.is_ascii_alphabetic());
        let digits = if digits.len() > 1 { digits } else { "312" };
        let (major, minor) = digits.split_at(1);
        let platform = name.platform_tag().split('.').next().unwrap_or_default();
        let windows = platform.starts_with("win");
        let machine = match (platform.ends_with("aarch64") || platform.ends_with("arm64"), windows) {
            (true, true) => "ARM64",
            (true, false) => "aarch64",
            (false, true) => "AMD64",
            (false, false) => "x86_64",
        };
        Markers { python: format!("{major}.{minor}"), windows, machine: machine.to_owned() }
    }

    /// Whether a marker holds for these extras; nothing if it cannot be read, or asks for what a wheel's name does not tell.
    pub fn hold(&self, marker: &str, extras: &[String]) -> Option<bool> {
        let tokens = tokens(marker)?;
        let mut parser = Parser { tokens: &tokens, markers: self, extras };
        let holds = parser.any(0)?;
        parser.tokens.is_empty().then_some(holds)
    }

    fn value(&self, variable: &str) -> Option<&str> {
        let of = |linux, windows| Some(if self.windows { windows } else { linux });
        match variable {
            "python_version" | "python_full_version" | "implementation_version" => Some(&self.python),
            "sys_platform" => of("linux", "win32"),
            "platform_system" => of("Linux", "Windows"),
            "os_name" => of("posix", "nt"),
            "platform_machine" => Some(&self.machine),
            "platform_python_implementation" => Some("CPython"),
            "implementation_name" => Some("cpython"),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    /// A variable, `and`, `or`, `not`, `in`.
    Word(String),
    Operator(String),
    Text(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |is_of: &dyn Fn(char) -> bool| rest.find(|character| !is_of(character)).unwrap_or(rest.len());
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '"' | '\'' => {
                let end = rest[1..].find(first)?;
                (Token::Text(rest[1..=end].to_owned()), end + 2)
            }
            '<' | '>' | '=' | '!' | '~' => {
                let length = length(&|character| "<>=!~".contains(character));
                (Token::Operator(rest[..length].to_owned()), length)
            }
            _ => {
                let length = length(&|character| character.is_ascii_alphanumeric() || "_.".contains(character));
                (Token::Word(rest.get(..length).filter(|word| !word.is_empty())?.to_owned()), length)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    markers: &'a Markers,
    extras: &'a [String],
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn word(&mut self, wanted: &str) -> bool {
        let is = matches!(self.tokens.first(), Some(Token::Word(word)) if word == wanted);
        if is {
            self.tokens = &self.tokens[1..];
        }
        is
    }

    fn any(&mut self, depth: usize) -> Option<bool> {
        let mut holds = self.all(depth)?;
        while self.word("or") {
            holds |= self.all(depth)?;
        }
        Some(holds)
    }

    fn all(&mut self, depth: usize) -> Option<bool> {
        let mut holds = self.one(depth)?;
        while self.word("and") {
            holds &= self.one(depth)?;
        }
        Some(holds)
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        if self.tokens.first() == Some(&Token::Open) {
            self.next();
            let holds = if depth < DEPTH { self.any(depth + 1)? } else { return None };
            return (self.next()? == &Token::Close).then_some(holds);
        }
        let left = self.next()?;
        let operator = match self.next()? {
            Token::Operator(operator) => operator.clone(),
            Token::Word(word) if word == "in" => "in".to_owned(),
            Token::Word(word) if word == "not" && self.word("in") => "not in".to_owned(),
            _ => return None,
        };
        self.compare(left, &operator, self.tokens.first()?).inspect(|_| {
            self.tokens = &self.tokens[1..];
        })
    }

    fn compare(&self, left: &Token, operator: &str, right: &Token) -> Option<bool> {
        if let (Token::Word(word), Token::Text(extra)) | (Token::Text(extra), Token::Word(word)) = (left, right)
            && word == "extra"
        {
            let asked = self.extras.contains(&normalized(extra));
            return match operator {
                "==" => Some(asked),
                "!=" => Some(!asked),
                _ => None,
            };
        }
        let text = |token: &Token| match token {
            Token::Word(variable) => self.markers.value(variable).map(str::to_owned),
            Token::Text(text) => Some(text.clone()),
            _ => None,
        };
        let (one, other) = (text(left)?, text(right)?);
        match operator {
            "in" => return Some(other.contains(&one)),
            "not in" => return Some(!other.contains(&one)),
            _ => {}
        }
        match (Version::from_str(&one), Version::from_str(other.trim_end_matches(".*"))) {
            (Ok(version), Ok(_)) => {
                let specifier = VersionSpecifier::from_str(&format!("{operator}{other}")).ok()?;
                Some(specifier.contains(&version))
            }
            _ => match Operator::from_str(operator).ok()? {
                Operator::Equal => Some(one == other),
                Operator::NotEqual => Some(one != other),
                _ => None,
            },
        }
    }
}
