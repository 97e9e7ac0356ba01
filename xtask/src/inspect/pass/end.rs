//! What stands behind the list of an archive: where it begins, how long it is and how many members it has, once or, for large archives, twice.

/// The end of an archive, and what stands between it and the list if that is a large one: the same in wider fields, and a record that says where those are.
const SHORT: usize = 22;
const WIDE: usize = 56;
const POINTER: usize = 20;

/// The most bytes that stand behind a list, but for a comment.
pub(super) const LONGEST: usize = WIDE + POINTER + SHORT;

/// The list as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Where it begins.
    pub(super) start: u64,
    /// Where it ends.
    pub(super) end: u64,
    /// How many members it has.
    pub(super) count: u64,
}

/// What is wrong with the bytes behind a list, up to the archive's comment. Those who unpack it believe some of the fields and check others, each
/// program its own, so that all must be true.
pub(super) fn fault(list: Extent, bytes: &[u8]) -> Option<String> {
    let (large, short) = match bytes.len() {
        SHORT => (None, bytes),
        LONGEST => (Some(&bytes[..WIDE + POINTER]), &bytes[WIDE + POINTER..]),
        length => return Some(format!("{} bytes stand between its list and its end", length.saturating_sub(SHORT))),
    };
    let size = list.end - list.start;
    // Disks, members on this disk and on all, size, offset; what the comment's length is, whoever found the end knows.
    let fields: [(u64, usize); 6] = [(0, 2), (0, 2), (list.count, 2), (list.count, 2), (size, 4), (list.start, 4)];
    let mut rest = short.get(4..)?;
    for (value, width) in fields {
        let said = number(&mut rest, width)?;
        let full = (1 << (8 * width)) - 1;
        if said != value && !(said == full && large.is_some()) {
            return Some(wrong(said, value));
        }
    }
    let mut rest = large?;
    // In four bytes each where nothing is said of it: magics and versions.
    let magic = number(&mut rest, 4)?;
    let length = number(&mut rest, 8)?;
    let _versions = number(&mut rest, 4)?;
    let fields: [(u64, usize); 6] = [(0, 4), (0, 4), (list.count, 8), (list.count, 8), (size, 8), (list.start, 8)];
    for (value, width) in fields {
        let said = number(&mut rest, width)?;
        if said != value {
            return Some(wrong(said, value));
        }
    }
    let pointer = [number(&mut rest, 4)?, number(&mut rest, 4)?, number(&mut rest, 8)?, number(&mut rest, 4)?];
    let expected = [0x0706_4b50, 0, list.end, 1];
    ((magic, length) != (0x0606_4b50, WIDE as u64 - 12) || pointer != expected)
        .then(|| "what stands between its list and its end is not the end of a large archive".to_owned())
}

fn wrong(said: u64, value: u64) -> String {
    format!("its end says {said} of its list where that has {value}")
}

/// The next number of so many bytes.
fn number(bytes: &mut &[u8], width: usize) -> Option<u64> {
    let (field, rest) = bytes.split_at_checked(width)?;
    *bytes = rest;
    Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Extent = Extent { start: 100, end: 350, count: 3 };

    fn fields(fields: &[(u64, usize)]) -> Vec<u8> {
        fields.iter().flat_map(|(value, width)| value.to_le_bytes()[..*width].to_vec()).collect()
    }

    fn short(count: u64, size: u64, start: u64) -> Vec<u8> {
        fields(&[(0x0605_4b50, 4), (0, 4), (count, 2), (count, 2), (size, 4), (start, 4), (0, 2)])
    }

    fn large() -> Vec<u8> {
        let wide = [(0x0606_4b50, 4), (44, 8), (0x2d_002d, 4), (0, 8), (3, 8), (3, 8), (250, 8), (100, 8)];
        [fields(&wide), fields(&[(0x0706_4b50, 4), (0, 4), (350, 8), (1, 4)])].concat()
    }

    #[test]
    fn ends() {
        for (bytes, expected) in [
            (short(3, 250, 100), None),
            ([large(), short(3, 250, 100)].concat(), None),
            ([large(), short(0xffff, 0xffff_ffff, 0xffff_ffff)].concat(), None),
            (short(2, 250, 100), Some("its end says 2 of its list where that has 3")),
            (short(3, 249, 100), Some("its end says 249 of its list where that has 250")),
            (short(3, 250, 99), Some("its end says 99 of its list where that has 100")),
            (short(0xffff, 250, 100), Some("its end says 65535 of its list where that has 3")),
            ([vec![0; 7], short(3, 250, 100)].concat(), Some("7 bytes stand between its list and its end")),
            (vec![0; 5], Some("0 bytes stand between its list and its end")),
        ] {
            assert_eq!(fault(LIST, &bytes).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn every_byte_of_a_large_end_counts_but_versions() {
        let good = [large(), short(3, 250, 100)].concat();
        for at in 0..WIDE + POINTER {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            assert_eq!(fault(LIST, &bytes).is_some(), !(12..16).contains(&at), "{at}");
        }
    }
}
