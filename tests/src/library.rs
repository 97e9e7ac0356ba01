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

/// A library for Windows, for a machine by its number (0x8664 is x86-64), that loads some libraries at once and some on demand. Between its
/// header and its tables are `gap` bytes.
pub fn pe(machine: u16, needed: &[&str], delayed: &[&str], gap: usize) -> Vec<u8> {
    const BASE: usize = 0x1000;
    let begin = 0x40 + 24 + 240 + 40 + gap;
    let tables = 20 * (needed.len() + 1) + 32 * (delayed.len() + 1);
    let (mut body, mut names) = (Vec::new(), Vec::new());
    let mut name = |text: &str| {
        let at = BASE + tables + names.len();
        names.extend_from_slice(text.as_bytes());
        names.push(0);
        (at as u32).to_le_bytes()
    };
    for text in needed {
        body.extend([[1, 0, 0, 0], [0; 4], [0; 4], name(text), [1, 0, 0, 0]].concat());
    }
    body.extend([0; 20]);
    for text in delayed {
        body.extend([[1, 0, 0, 0], name(text), [0; 4], [0; 4], [0; 4], [0; 4], [0; 4], [0; 4]].concat());
    }
    body.extend([0; 32]);
    body.extend(names);
    let mut file = vec![0; begin];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x40u32.to_le_bytes());
    put(0x40, b"PE\0\0");
    put(0x44, &machine.to_le_bytes());
    put(0x46, &1u16.to_le_bytes());
    put(0x40 + 20, &240u16.to_le_bytes());
    let optional = 0x40 + 24;
    put(optional, &0x20bu16.to_le_bytes());
    put(optional + 108, &16u32.to_le_bytes());
    if !needed.is_empty() {
        put(optional + 112 + 8, &(BASE as u32).to_le_bytes());
    }
    if !delayed.is_empty() {
        put(optional + 112 + 8 * 13, &((BASE + 20 * (needed.len() + 1)) as u32).to_le_bytes());
    }
    let section = optional + 240;
    put(section, b".rdata");
    put(section + 12, &(BASE as u32).to_le_bytes());
    put(section + 16, &(body.len() as u32).to_le_bytes());
    put(section + 20, &(begin as u32).to_le_bytes());
    file.extend(body);
    file
}
