//! What device code is compiled for, as bundles and ELF headers spell it.

use std::fmt;

use serde::{Serialize, Serializer};

/// A GPU target with its features, in one spelling: `gfx942:sramecc+:xnack-`. Generic targets (`gfx9-4-generic`) and the
/// code that is finished when it is loaded (`amdgcnspirv`) are targets, too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(String);

impl Target {
    /// Reads the spellings of today (`gfx942:xnack+`) and of code objects of version 2 (`gfx908+xnack`, `+sram-ecc`).
    pub fn parse(text: &str) -> Option<Target> {
        if text.len() > LONGEST {
            return None;
        }
        let (base, features) = match text.find([':', '+']) {
            Some(at) => text.split_at(at),
            None => (text, ""),
        };
        if !is_base(base) {
            return None;
        }
        let mut features = match features.strip_prefix(':') {
            Some(today) => {
                today.split(':').map(|one| one.strip_suffix(['+', '-']).map(|name| (name, &one[name.len()..]))).collect()
            }
            None => features.split('+').skip(1).map(|name| Some((name, "+"))).collect::<Option<Vec<_>>>(),
        }?;
        for (name, _) in &mut features {
            *name = match *name {
                "sramecc" | "sram-ecc" => "sramecc",
                name if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => name,
                _ => return None,
            };
        }
        features.sort_unstable();
        let is_twice = features.windows(2).any(|pair| pair[0].0 == pair[1].0);
        let spelled: String = features.iter().map(|(name, sign)| format!(":{name}{sign}")).collect();
        (!is_twice).then(|| Target(format!("{base}{spelled}")))
    }

    /// What the flags of a code object's ELF header say; `None` for a machine that is not in the table. `abi` is `EI_ABIVERSION`
    /// of a code object for HSA: 2 and more are code objects of version 4 and later, which tell three states of a feature apart;
    /// before, only that a feature is on can be told.
    pub fn of_elf(flags: u32, abi: u8) -> Option<Target> {
        let base = machine(flags)?;
        let state = |shift: u32| match (flags >> shift) & 3 {
            2 if abi >= 2 => "-",
            3 if abi >= 2 => "+",
            _ => "",
        };
        let (xnack, sramecc) = match abi {
            2.. => (state(8), state(10)),
            1 => (if flags & 0x100 != 0 { "+" } else { "" }, if flags & 0x200 != 0 { "+" } else { "" }),
            // Version 2 has the first two bits of these for something else.
            0 => ("", ""),
        };
        let feature = |name: &str, sign: &str| if sign.is_empty() { String::new() } else { format!(":{name}{sign}") };
        Some(Target(format!("{base}{}{}", feature("sramecc", sramecc), feature("xnack", xnack))))
    }

    /// The target without features: `gfx942`.
    pub fn base(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// Whether it is compiled when it is loaded, for any target.
    pub fn is_spirv(&self) -> bool {
        self.0 == SPIRV
    }

    /// With its features.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether code of which the ELF header says `elf` may stand under this id. Before version 4 (`abi` below 2) a header does not
    /// say all of the features. Targets whose feature cannot be chosen have it in the header and not in the id.
    pub fn admits(&self, elf: &Target, abi: u8) -> bool {
        const ALWAYS_ON: &str = "gfx125";
        let is_loose = abi < 2 || self.base().starts_with(ALWAYS_ON) || self.base().starts_with("gfx12-5");
        if is_loose { self.base() == elf.base() } else { self == elf }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// No target is spelled longer.
const LONGEST: usize = 64;

/// What is compiled when it is loaded, for any target.
const SPIRV: &str = "amdgcnspirv";

fn is_base(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("gfx") else { return text == SPIRV };
    let digits = rest.strip_suffix("-generic").unwrap_or(rest);
    let is_generic = digits.len() < rest.len();
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || (is_generic && byte == b'-');
    digits.starts_with(|first: char| first.is_ascii_digit()) && digits.bytes().all(is_digit)
}

/// The id of a bundle's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Id {
    /// The host's own code; in libraries an empty entry.
    Host,
    /// Code for an AMD GPU.
    Amd(Target),
    /// Code for an AMD GPU, of which the id does not say which.
    Nameless,
    /// Code for another maker's device.
    Foreign,
}

impl Id {
    /// Reads `hipv4-amdgcn-amd-amdhsa--gfx942`, the older `hip-amdgcn-…`, with one dash or the name of an environment before the
    /// target, and the host's ids. `None` for a text that is no id at all.
    pub fn parse(id: &str) -> Option<Id> {
        let spelled = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+".contains(&byte);
        if !id.bytes().all(spelled) {
            return None;
        }
        let (kind, triple) = id.split_once('-')?;
        match kind {
            "host" => return Some(Id::Host),
            "hip" | "hipv4" | "openmp" | "sycl" | "cuda" => {}
            _ => return None,
        }
        let ours = ["amdgcn-amd-amdhsa", "spirv64-amd-amdhsa"].iter().find_map(|triple_of| triple.strip_prefix(triple_of));
        let Some(rest) = ours else { return Some(Id::Foreign) };
        let target = rest.strip_prefix("-unknown-").or_else(|| rest.strip_prefix("--")).or_else(|| rest.strip_prefix('-'));
        Some(target.and_then(Target::parse).map_or(Id::Nameless, Id::Amd))
    }
}

/// The name of the machine in the lowest byte of a code object's `e_flags` (LLVM's `EF_AMDGPU_MACH`).
pub fn machine(flags: u32) -> Option<&'static str> {
    let machine = flags & 0xff;
    MACHINES.iter().find(|(number, _)| *number == machine).map(|(_, name)| *name)
}

const MACHINES: [(u32, &str); 60] = [
    (0x20, "gfx600"),
    (0x21, "gfx601"),
    (0x22, "gfx700"),
    (0x23, "gfx701"),
    (0x24, "gfx702"),
    (0x25, "gfx703"),
    (0x26, "gfx704"),
    (0x28, "gfx801"),
    (0x29, "gfx802"),
    (0x2a, "gfx803"),
    (0x2b, "gfx810"),
    (0x2c, "gfx900"),
    (0x2d, "gfx902"),
    (0x2e, "gfx904"),
    (0x2f, "gfx906"),
    (0x30, "gfx908"),
    (0x31, "gfx909"),
    (0x32, "gfx90c"),
    (0x33, "gfx1010"),
    (0x34, "gfx1011"),
    (0x35, "gfx1012"),
    (0x36, "gfx1030"),
    (0x37, "gfx1031"),
    (0x38, "gfx1032"),
    (0x39, "gfx1033"),
    (0x3a, "gfx602"),
    (0x3b, "gfx705"),
    (0x3c, "gfx805"),
    (0x3d, "gfx1035"),
    (0x3e, "gfx1034"),
    (0x3f, "gfx90a"),
    (0x40, "gfx940"),
    (0x41, "gfx1100"),
    (0x42, "gfx1013"),
    (0x43, "gfx1150"),
    (0x44, "gfx1103"),
    (0x45, "gfx1036"),
    (0x46, "gfx1101"),
    (0x47, "gfx1102"),
    (0x48, "gfx1200"),
    (0x49, "gfx1250"),
    (0x4a, "gfx1151"),
    (0x4b, "gfx941"),
    (0x4c, "gfx942"),
    (0x4e, "gfx1201"),
    (0x4f, "gfx950"),
    (0x50, "gfx1310"),
    (0x51, "gfx9-generic"),
    (0x52, "gfx10-1-generic"),
    (0x53, "gfx10-3-generic"),
    (0x54, "gfx11-generic"),
    (0x55, "gfx1152"),
    (0x58, "gfx1153"),
    (0x59, "gfx12-generic"),
    (0x5a, "gfx1251"),
    (0x5b, "gfx12-5-generic"),
    (0x5c, "gfx1172"),
    (0x5d, "gfx1170"),
    (0x5e, "gfx1171"),
    (0x5f, "gfx9-4-generic"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Option<String> {
        Target::parse(text).map(|target| target.to_string())
    }

    #[test]
    fn targets_have_one_spelling() {
        for (text, expected) in [
            ("gfx942", Some("gfx942")),
            ("gfx90a", Some("gfx90a")),
            ("gfx942:xnack-:sramecc+", Some("gfx942:sramecc+:xnack-")),
            ("gfx908+xnack", Some("gfx908:xnack+")),
            ("gfx908+xnack+sram-ecc", Some("gfx908:sramecc+:xnack+")),
            ("gfx9-4-generic", Some("gfx9-4-generic")),
            ("gfx9-4-generic:xnack+", Some("gfx9-4-generic:xnack+")),
            ("amdgcnspirv", Some("amdgcnspirv")),
            ("", None),
            ("gfx", None),
            ("gfx94X", None),
            ("gfxa", None),
            ("gfx9-4", None),
            ("gfx-generic", None),
            ("sm_90", None),
            ("gfx942:", None),
            ("gfx942:xnack", None),
            ("gfx942:xnack+:xnack-", None),
            ("gfx942:+", None),
            ("gfx942+", None),
            ("gfx942:xn ack+", None),
        ] {
            assert_eq!(target(text).as_deref(), expected, "{text}");
        }
        assert_eq!(target(&format!("gfx{}", "9".repeat(80))), None);
    }

    #[test]
    fn ids_are_read_in_all_spellings() {
        let amd = |text: &str| Some(Id::Amd(Target::parse(text).unwrap()));
        for (id, expected) in [
            ("hipv4-amdgcn-amd-amdhsa--gfx942", amd("gfx942")),
            ("hip-amdgcn-amd-amdhsa--gfx906:sramecc+:xnack-", amd("gfx906:sramecc+:xnack-")),
            ("hip-amdgcn-amd-amdhsa-gfx803", amd("gfx803")),
            ("hip-amdgcn-amd-amdhsa-unknown-gfx90a", amd("gfx90a")),
            ("hip-amdgcn-amd-amdhsa--gfx908+xnack+sram-ecc", amd("gfx908:sramecc+:xnack+")),
            ("openmp-amdgcn-amd-amdhsa--gfx90a:xnack+", amd("gfx90a:xnack+")),
            ("hipv4-amdgcn-amd-amdhsa--gfx9-4-generic", amd("gfx9-4-generic")),
            ("hip-spirv64-amd-amdhsa--amdgcnspirv", amd("amdgcnspirv")),
            ("hipv4-amdgcn-amd-amdhsa", Some(Id::Nameless)),
            ("hipv4-amdgcn-amd-amdhsa--", Some(Id::Nameless)),
            ("hipv4-amdgcn-amd-amdhsa--navi", Some(Id::Nameless)),
            ("host-x86_64-unknown-linux--", Some(Id::Host)),
            ("host-x86_64-unknown-linux-gnu-", Some(Id::Host)),
            ("host-x86_64-unknown-linux", Some(Id::Host)),
            ("host-x86_64-pc-windows-msvc-", Some(Id::Host)),
            ("openmp-nvptx64-nvidia-cuda--sm_70", Some(Id::Foreign)),
            ("sycl-spir64-unknown-unknown", Some(Id::Foreign)),
            ("x86_64-unknown-linux-gnu", None),
            ("hipv4", None),
            ("", None),
            ("hip-amdgcn-amd-amdhsa--gfx90\u{1b}", None),
            ("hip-amdgcn amd", None),
        ] {
            assert_eq!(Id::parse(id), expected, "{id}");
        }
    }

    /// The flags are what clang writes, asked of it for each target.
    #[test]
    fn flags_name_targets() {
        for (flags, abi, expected) in [
            (0x54c, 2, Some("gfx942")),
            (0x54c, 4, Some("gfx942")),
            (0xe4c, 4, Some("gfx942:sramecc+:xnack-")),
            (0xb4c, 3, Some("gfx942:sramecc-:xnack+")),
            (0x36, 3, Some("gfx1030")),
            (0x100_055f, 4, Some("gfx9-4-generic")),
            (0x100_0054, 4, Some("gfx11-generic")),
            (0x12f, 1, Some("gfx906:xnack+")),
            (0x330, 1, Some("gfx908:sramecc+:xnack+")),
            (0x30, 1, Some("gfx908")),
            (0x32f, 0, Some("gfx906")),
            (0x5fe, 4, None),
            (0, 4, None),
        ] {
            assert_eq!(Target::of_elf(flags, abi).map(|target| target.to_string()).as_deref(), expected, "{flags:#x}");
        }
    }

    #[test]
    fn every_target_that_is_built_has_a_machine() {
        for target in &crate::gfx::TARGETS {
            assert!(MACHINES.iter().any(|(_, name)| *name == target.name), "{}", target.name);
        }
        let mut numbers: Vec<u32> = MACHINES.iter().map(|(number, _)| *number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), MACHINES.len());
        assert!(numbers.is_sorted());
    }

    #[test]
    fn an_id_admits_what_its_code_says() {
        let target = |text: &str| Target::parse(text).unwrap();
        for (id, elf, abi, admitted) in [
            ("gfx942", "gfx942", 4, true),
            ("gfx942", "gfx950", 4, false),
            ("gfx942:xnack+", "gfx942:xnack+", 3, true),
            ("gfx942:xnack+", "gfx942", 3, false),
            ("gfx942", "gfx942:xnack-", 3, false),
            ("gfx906:xnack-", "gfx906", 1, true),
            ("gfx1250", "gfx1250:xnack+", 4, true),
        ] {
            assert_eq!(target(id).admits(&target(elf), abi), admitted, "{id} {elf}");
        }
    }
}
