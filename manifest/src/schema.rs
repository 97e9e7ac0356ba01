//! The JSON Schema of what this crate writes: draft 2020-12, made from the types' own docstrings by a test.

/// The JSON Schema of a manifest and of an [`Index`](crate::Index): draft 2020-12, one object, a newline at the end.
///
/// It accepts every file that this crate writes, every source manifest v1 and the flattened lists before it. Reading is
/// more lenient in one point, `"schema_version": null`, and stricter where a schema cannot speak: no key twice, no number
/// that is not an integer but equal to one, no device name of Windows in a path.
pub const SCHEMA: &str = include_str!("../schema/manifest.schema.json");

#[cfg(test)]
mod tests;
