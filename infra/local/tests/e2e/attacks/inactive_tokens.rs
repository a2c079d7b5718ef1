//! Tokens that were good.

use serde_json::json;

use super::{
    attack::{Group, Row},
    forge::Forge,
};

/// A time long ago, in seconds since 1970.
const LONG_AGO: u32 = 1_566_656_122;

pub fn group(forge: &Forge<'_>) -> Group {
    let world = forge.world;
    let [revoked, late, parent, late_parent, renamed] = [(); 5].map(|()| forge.token(&forge.owner, &json!({})));
    let [child, late_child] = [&parent, &late_parent].map(|parent| forge.token(&parent.token, &json!({})));
    for gone in [&revoked, &parent] {
        let path = format!("/v1/access-tokens/{}", gone.id);
        assert_eq!(world.call("DELETE", &path, &forge.owner).status, 200);
    }
    for base in [&late, &late_parent] {
        world.set(&base.id, "expires_at", LONG_AGO);
    }
    world.set(&renamed.id, "v", 2);
    let mut expired = late.claims.clone();
    expired["exp"] = json!(LONG_AGO);
    let mut rows = vec![
        Row::new("an expired one, by its row", &late.token),
        Row::new("an expired one, by both", &forge.saying(&expired)),
        Row::new("a row of a newer schema", &renamed.token),
    ];
    for (what, base) in [
        ("a revoked one", &revoked),
        ("a revoked parent", &parent),
        ("its child", &child),
        ("a child of an expired one", &late_child),
    ] {
        rows.push(Row::new(what, &base.token));
        rows.push(Row::new(format!("{what}, signed anew"), &forge.saying(&base.claims)));
    }
    let mut orphan = child.claims.clone();
    orphan.as_object_mut().unwrap().remove("parent");
    rows.push(Row::new("a child that disowns its parent", &forge.saying(&orphan)));
    orphan["parent"] = json!(forge.plain.id);
    rows.push(Row::new("a child that takes a living parent", &forge.saying(&orphan)));
    Group::new("revoked, expired, orphaned", &forge.plain.token, rows)
}
