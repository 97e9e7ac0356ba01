//! Libraries that link to something and hold nothing.

/// A 64-bit ELF library for a machine by its number (62 is x86-64) that needs other libraries and has a run path.
pub fn elf(machine: u16, needed: &[&str], run_path: Option<&str>) -> Vec<u8> {
    let mut names = vec![0];
    let mut name = |text: &str| {
        let at = names.len() as u64;
        names.extend_from_slice(text.as_bytes());
        names.push(0);
        at
    };
    let mut entries: Vec<(u64, u64)> = needed.iter().map(|text| (1, name(text))).collect();
    entries.extend(run_path.map(|text| (29, name(text))));
    let (dynamic, size) = (64 + 2 * 56, 16 * (entries.len() as u64 + 3));
    entries.extend([(5, dynamic + size), (10, names.len() as u64), (0, 0)]);
    let total = dynamic + size + names.len() as u64;
    let mut file =
        [b"\x7fELF\x02\x01\x01", &[0; 9][..], &3u16.to_le_bytes(), &machine.to_le_bytes(), &1u32.to_le_bytes()].concat();
    [0, 64, 0].iter().for_each(|value: &u64| file.extend(value.to_le_bytes()));
    file.extend(0u32.to_le_bytes());
    [64, 56, 2, 64, 0, 0].iter().for_each(|value: &u16| file.extend(value.to_le_bytes()));
    for (kind, offset, size) in [(1u32, 0, total), (2, dynamic, size)] {
        file.extend(kind.to_le_bytes());
        file.extend(5u32.to_le_bytes());
        [offset, offset, offset, size, size, 8].iter().for_each(|value: &u64| file.extend(value.to_le_bytes()));
    }
    entries.iter().for_each(|(tag, value)| file.extend([tag.to_le_bytes(), value.to_le_bytes()].concat()));
    file.extend(names);
    file
}
