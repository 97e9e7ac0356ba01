//! Which words select which GPU targets, and what is refused.

use super::*;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn table_is_complete() {
    assert_eq!(families().len(), 53);
    assert_eq!(&families()[..6], ["gfx900", "dgpu-all", "gfx900-dgpu", "gfx90c", "igpu-all", "gfx90c-igpu"]);
    for target in &TARGETS {
        assert_eq!(members(target.name), [target.name]);
    }
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let everything = [members("dgpu-all"), members("igpu-all"), members("dcgpu-all")].concat();
    assert_eq!(everything.len(), names.len(), "each target is in exactly one of the three kinds");
    assert!(names.iter().all(|name| everything.contains(name)));
}

#[test]
fn families_expand_in_declaration_order() {
    let cases = [
        (
            "dgpu-all",
            "gfx900 gfx906 gfx1010 gfx1011 gfx1012 gfx1030 gfx1031 gfx1032 gfx1034 gfx1100 gfx1101 gfx1102 gfx1200 gfx1201",
        ),
        ("igpu-all", "gfx90c gfx1033 gfx1035 gfx1036 gfx1103 gfx1150 gfx1151 gfx1152 gfx1153"),
        ("dcgpu-all", "gfx908 gfx90a gfx942 gfx950 gfx1250"),
        ("gfx101X-all", "gfx1010 gfx1011 gfx1012"),
        ("gfx101X-dgpu", "gfx1010 gfx1011 gfx1012"),
        ("gfx103X-all", "gfx1030 gfx1031 gfx1032 gfx1033 gfx1034 gfx1035 gfx1036"),
        ("gfx103X-dgpu", "gfx1030 gfx1031 gfx1032 gfx1034"),
        ("gfx103X-igpu", "gfx1033 gfx1035 gfx1036"),
        ("gfx110X-all", "gfx1100 gfx1101 gfx1102 gfx1103"),
        ("gfx110X-dgpu", "gfx1100 gfx1101 gfx1102"),
        ("gfx110X-igpu", "gfx1103"),
        ("gfx115X-all", "gfx1150 gfx1151 gfx1152 gfx1153"),
        ("gfx115X-igpu", "gfx1150 gfx1151 gfx1152 gfx1153"),
        ("gfx120X-all", "gfx1200 gfx1201"),
        ("gfx94X-all", "gfx942"),
        ("gfx94X-dcgpu", "gfx942"),
        ("gfx950-all", "gfx950"),
        ("gfx950-dcgpu", "gfx950"),
        ("gfx125X-all", "gfx1250"),
        ("gfx125X-dcgpu", "gfx1250"),
        ("gfx900-dgpu", "gfx900"),
        ("gfx906-dgpu", "gfx906"),
        ("gfx908-dcgpu", "gfx908"),
        ("gfx90a-dcgpu", "gfx90a"),
        ("gfx90c-igpu", "gfx90c"),
    ];
    for (family, expected) in cases {
        assert_eq!(members(family).join(" "), expected, "{family}");
    }
    assert_eq!(cases.len() + TARGETS.len(), families().len());
    for absent in ["all", "gfx120X-dgpu", "gfx115X-dgpu", "gfx125X-igpu", "GFX942", ""] {
        assert!(members(absent).is_empty(), "{absent}");
    }
}

#[test]
fn words_select() {
    let cases: [(&[&str], &str, &str); 9] = [
        (&["gfx942"], "gfx942", ""),
        (&["gfx942, gfx1100"], "gfx942,gfx1100", ""),
        (&[" gfx1100;gfx942 gfx1100\t", "gfx942"], "gfx1100,gfx942", ""),
        (
            &[" gfx110X-all ; gfx94X-dcgpu;dcgpu-all;"],
            "gfx1100,gfx1101,gfx1102,gfx1103,gfx942,gfx908,gfx90a,gfx950,gfx1250",
            "gfx110X-all;gfx94X-dcgpu;dcgpu-all",
        ),
        (&["gfx1201", "gfx120X-all"], "gfx1201,gfx1200", "gfx120X-all"),
        (&["gfx94X-all,gfx94X-all"], "gfx942", "gfx94X-all"),
        (&["gfx942:sramecc+:xnack-"], "gfx942:sramecc+:xnack-", ""),
        (&["gfx90a:xnack+,gfx90a:xnack-"], "gfx90a:xnack+,gfx90a:xnack-", ""),
        (&["gfx950"], "gfx950", ""),
    ];
    for (typed, targets, families) in cases {
        let selection = select(&words(typed), Unknown::Refuse).unwrap();
        assert_eq!(selection.commas(), targets, "{typed:?}");
        assert_eq!(selection.semicolons(), targets.replace(',', ";"), "{typed:?}");
        assert_eq!(selection.families.join(";"), families, "{typed:?}");
    }
}

#[test]
fn new_hardware_is_let_through_on_request() {
    let cases = ["gfx1300", "gfx9", "gfx13a0:xnack-", "gfx942,gfx1300"];
    for typed in cases {
        assert_eq!(select(&words(&[typed]), Unknown::Allow).unwrap().commas(), typed);
        assert!(select(&words(&[typed]), Unknown::Refuse).is_err(), "{typed}");
    }
    let refused = [
        "--upload-pack",
        "foo;bar",
        "gfx",
        "gfx94X",
        "gfx90A",
        "GFX942",
        "gfx1300:",
        "gfx1300:xnack",
        "gfx1300:+",
        "gfx1300:XNACK+",
        "gfx1300$(id)",
        "gfx１２",
        "gfx1300/..",
    ];
    for typed in refused {
        assert!(select(&words(&[typed]), Unknown::Allow).is_err(), "{typed}");
    }
}

#[test]
fn refusals_name_everything_and_the_nearest() {
    let listing = "`cargo xtask gfx` lists all names";
    let newer = format!("{listing}; `--allow-unknown-gfx` admits a target that is newer than the list");
    let features = format!("features follow a target, each once: `gfx942:sramecc+:xnack-`; {listing}");
    let digits = format!("a target that is not listed must be `gfx` and lower-case hexadecimal digits; {listing}");
    let nothing = "name targets or families, such as `--gfx gfx942`; `cargo xtask gfx` lists them".to_owned();
    let unknown = |list: &str| format!("not a GPU target or family: {list}");
    let cases: [(&[&str], Unknown, String, &String); 13] = [
        (&[], Unknown::Refuse, "no GPU target is given".to_owned(), &nothing),
        (&[" ,; ", ""], Unknown::Allow, "no GPU target is given".to_owned(), &nothing),
        (&["gfx12"], Unknown::Refuse, unknown("`gfx12` (nearest: `gfx1200`, `gfx1201`, `gfx1250`)"), &newer),
        (&["gfx943"], Unknown::Refuse, unknown("`gfx943` (nearest: `gfx942`)"), &newer),
        (&["GFX942"], Unknown::Refuse, unknown("`GFX942` (nearest: `gfx942`)"), &newer),
        (&["gfx94x-DCGPU"], Unknown::Refuse, unknown("`gfx94x-DCGPU` (nearest: `gfx94X-dcgpu`)"), &newer),
        (&["gfx120X-dgpu"], Unknown::Refuse, unknown("`gfx120X-dgpu` (nearest: `gfx120X-all`)"), &newer),
        (&["gfx110x"], Unknown::Refuse, unknown("`gfx110x` (nearest: `gfx110X-all`, `gfx110X-dgpu`, `gfx110X-igpu`)"), &newer),
        (&["gfx90"], Unknown::Refuse, unknown("`gfx90` (nearest: `gfx900`, `gfx90c`, `gfx906`)"), &newer),
        (&["gfx942,mi300x", "gxf950;all"], Unknown::Refuse, unknown("`mi300x`, `gxf950` (nearest: `gfx950`), `all`"), &newer),
        (&["gfx942:xnack"], Unknown::Refuse, unknown("`gfx942:xnack` (nearest: `gfx942`)"), &features),
        (
            &["gfx942:xnack+:xnack-,gfx94X-all:xnack+"],
            Unknown::Refuse,
            unknown("`gfx942:xnack+:xnack-` (nearest: `gfx942`), `gfx94X-all:xnack+` (nearest: `gfx94X-all`)"),
            &features,
        ),
        (&["--upload-pack"], Unknown::Allow, unknown("`--upload-pack`"), &digits),
    ];
    for (typed, policy, message, hint) in cases {
        let error = select(&words(typed), policy).unwrap_err();
        assert_eq!(error.to_string(), message, "{typed:?}");
        assert_eq!(error.hint().as_ref(), Some(hint), "{typed:?}");
    }
}

#[test]
fn flash_attention_follows_aotriton() {
    let without = [
        "gfx900", "gfx90c", "gfx906", "gfx908", "gfx1010", "gfx1011", "gfx1012", "gfx1030", "gfx1031", "gfx1032", "gfx1033",
        "gfx1034", "gfx1035", "gfx1036",
    ];
    for target in &TARGETS {
        assert_eq!(supports_flash_attention(target.name), !without.contains(&target.name), "{}", target.name);
    }
    assert!(supports_flash_attention("gfx942:sramecc+:xnack-"));
}

#[test]
fn table_is_aligned() {
    let table = table();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 28 + 1 + 1 + 13 + 1 + 1 + 9);
    let shown = [
        (0, "target   product                       flash attention  families"),
        (1, "gfx900   Vega 10 / MI25                no               dgpu-all gfx900-dgpu"),
        (2, "gfx90c   Renoir/Lucienne/Cezanne iGPU  no               igpu-all gfx90c-igpu"),
        (6, "gfx942   MI300A/MI300X                 yes              dcgpu-all gfx94X-all gfx94X-dcgpu"),
        (28, "gfx1250  MI450/MI450X/MI455X           yes              dcgpu-all gfx125X-all gfx125X-dcgpu"),
        (29, ""),
        (30, "family        targets"),
        (33, "dcgpu-all     gfx908 gfx90a gfx942 gfx950 gfx1250"),
        (43, "gfx120X-all   gfx1200 gfx1201"),
        (44, ""),
        (45, "target   families of it alone"),
        (51, "gfx942   gfx94X-all gfx94X-dcgpu"),
    ];
    for (line, text) in shown {
        assert_eq!(lines[line], text, "line {line}");
    }
}

#[test]
fn table_reads_as_json() {
    let table = table_json();
    assert_eq!(table["targets"].as_array().map(Vec::len), Some(28));
    assert_eq!(
        table["targets"][5],
        json!({
            "target": "gfx942",
            "product": "MI300A/MI300X",
            "families": ["dcgpu-all", "gfx94X-all", "gfx94X-dcgpu"],
            "flash_attention": true,
        })
    );
    assert_eq!(table["families"].as_object().map(serde_json::Map::len), Some(53));
    assert_eq!(table["families"]["gfx120X-all"], json!(["gfx1200", "gfx1201"]));
}
