//! What the service promises, in plain words and without any of its code.

use super::domain::{
    Action, Actor, End, FORMS, Flags, Grants, Held, Kind, ORGS, Order, Person, ROLES, ROOT, Token, Verdict,
};

/// The whole of what is known.
#[derive(Debug, Clone)]
pub struct Model {
    pub people: Vec<Person>,
    pub tokens: Vec<Token>,
    /// The form of each role of each organization; `None` where there is no row.
    forms: [[Option<usize>; ROLES.len() + 1]; ORGS],
}

impl Model {
    pub fn new() -> Self {
        let held = |owner, roles: &[usize]| Held { owner, roles: roles.iter().copied().collect() };
        let person = |org, user, held| Person { org, user, held };
        let mut form = [Some(0); ROLES.len() + 1];
        form[ROOT] = None;
        Self {
            people: vec![
                person(0, "ada", held(true, &[])),
                person(0, "bob", held(false, &[0, 1])),
                person(0, "cyd", held(false, &[0, 3])),
                person(0, "dan", held(false, &[2])),
                person(1, "eve", held(true, &[])),
            ],
            tokens: Vec::new(),
            forms: [form; ORGS],
        }
    }

    pub fn edit(&mut self, org: usize, role: usize, form: usize) {
        self.forms[org][role] = Some(form);
    }

    /// Time passes beyond the end of all that end soon.
    pub fn pass_time(&mut self) {
        for token in self.tokens.iter_mut().filter(|token| token.end == End::Soon) {
            token.ended = true;
        }
    }

    pub fn org(&self, actor: Actor) -> usize {
        match actor {
            Actor::Person(person) => self.people[person].org,
            Actor::Token(token) => self.tokens[token].org,
        }
    }

    fn held(&self, actor: Actor) -> &Held {
        match actor {
            Actor::Person(person) => &self.people[person].held,
            Actor::Token(token) => &self.tokens[token].held,
        }
    }

    /// Children die with their parents.
    pub fn lives(&self, actor: Actor) -> bool {
        let Actor::Token(token) = actor else { return true };
        let token = &self.tokens[token];
        let by_itself = !token.revoked && !token.ended;
        by_itself && (matches!(token.maker, Actor::Person(_)) || self.lives(token.maker))
    }

    fn says(&self, org: usize, role: usize, action: Action, denied: bool) -> bool {
        let grants = self.forms[org][role].map_or::<Grants, _>(&[], |form| FORMS[role][form]);
        grants.iter().any(|(pattern, denies)| *denies == denied && fits(pattern, action.name()))
    }

    /// Whether `held` allows `action`: a denial wins, the root role must allow as well.
    fn allows(&self, org: usize, held: &Held, action: Action) -> bool {
        let any = |denied| held.roles.iter().any(|role| self.says(org, *role, action, denied));
        let root = self.forms[org][ROOT].is_none() || self.says(org, ROOT, action, false);
        root && !any(true) && (held.owner || any(false))
    }

    /// May `actor` do this?
    pub fn may(&self, actor: Actor, action: Action) -> Verdict {
        if !self.lives(actor) {
            return Verdict::Unauthenticated;
        }
        let org = self.org(actor);
        let allowed = match actor {
            Actor::Token(token) => match &self.tokens[token] {
                // A public token has no roles: the operator opened this one route to them.
                Token { kind: Kind::Journey, .. } => {
                    return match action {
                        Action::Catalog if self.root_allows(org, action) => Verdict::Granted,
                        _ => Verdict::Denied,
                    };
                }
                token => {
                    (!token.flags.read_only || action.name().ends_with(":view"))
                        && self.allows(org, &token.held, action)
                }
            },
            Actor::Person(person) => self.allows(org, &self.people[person].held, action),
        };
        if allowed { Verdict::Granted } else { Verdict::Denied }
    }

    fn root_allows(&self, org: usize, action: Action) -> bool {
        self.forms[org][ROOT].is_none() || self.says(org, ROOT, action, false)
    }

    /// The roles of `actor` that take something away.
    fn denying(&self, actor: Actor) -> impl Iterator<Item = usize> {
        let org = self.org(actor);
        let denies = move |role: &usize| {
            self.forms[org][*role].is_some_and(|form| FORMS[*role][form].iter().any(|grant| grant.1))
        };
        self.held(actor).roles.iter().copied().filter(denies)
    }

    /// What becomes of an order: the token that is promised, or a refusal. Nothing is wider than `maker`.
    pub fn make(&self, maker: Actor, order: &Order) -> Result<Token, Verdict> {
        let may = self.may(maker, Action::Manage);
        if may != Verdict::Granted {
            return Err(may);
        }
        let parent = match maker {
            Actor::Token(token) => Some(&self.tokens[token]),
            Actor::Person(_) => None,
        };
        let too_deep = parent.is_some_and(|parent| matches!(parent.maker, Actor::Token(_)));
        let given = parent.map(|parent| parent.flags).unwrap_or_default();
        let flags = Flags {
            read_only: order.flags.read_only || given.read_only,
            anonymize: order.flags.anonymize || given.anonymize,
        };
        let public = order.kind == Kind::Journey;
        if too_deep || (public && given.anonymize) {
            return Err(Verdict::Denied);
        }
        Ok(Token {
            org: self.org(maker),
            maker,
            kind: order.kind,
            held: if public { Held::default() } else { self.carried(maker, &order.asked)? },
            end: ends(order, parent.map_or(End::Never, |parent| parent.end))?,
            flags: if public { Flags::default() } else { flags },
            revoked: false,
            ended: false,
        })
    }

    fn carried(&self, maker: Actor, asked: &Held) -> Result<Held, Verdict> {
        let own = self.held(maker);
        let mut held = if *asked == Held::default() { own.clone() } else { asked.clone() };
        let has = own.owner || (!held.owner && held.roles.is_subset(&own.roles));
        held.roles.extend(self.denying(maker));
        if has { Ok(held) } else { Err(Verdict::Denied) }
    }

    /// The same order with the same key once more, for the token `made` before.
    pub fn repeat(&self, made: usize) -> Verdict {
        let token = &self.tokens[made];
        match self.may(token.maker, Action::Manage) {
            Verdict::Granted if token.revoked || token.ended => Verdict::Conflict,
            Verdict::Granted if token.kind == Kind::Journey => Verdict::Granted,
            Verdict::Granted if self.denying(token.maker).any(|role| !token.held.roles.contains(&role)) => {
                Verdict::Denied
            }
            other => other,
        }
    }

    /// Another order with the same key.
    pub fn mistake(&self, made: usize) -> Verdict {
        match self.may(self.tokens[made].maker, Action::Manage) {
            Verdict::Granted => Verdict::Mismatch,
            other => other,
        }
    }

    /// May `actor` see or revoke this token? A token of the access family always may itself.
    pub fn reaches(&self, actor: Actor, token: usize) -> Verdict {
        if self.lives(actor) && actor == Actor::Token(token) && self.tokens[token].kind != Kind::Journey {
            return Verdict::Granted;
        }
        match self.may(actor, Action::Manage) {
            Verdict::Granted if self.org(actor) != self.tokens[token].org => Verdict::NotFound,
            other => other,
        }
    }

    /// The tokens of an organization that are listed: not revoked, not ended.
    pub fn listed(&self, org: usize) -> impl Iterator<Item = usize> {
        let listed = move |token: &Token| token.org == org && !token.revoked && !token.ended;
        self.tokens.iter().enumerate().filter(move |(_, token)| listed(token)).map(|(number, _)| number)
    }
}

/// When the token ends: with its parent at the latest.
fn ends(order: &Order, parent: End) -> Result<End, Verdict> {
    match (order.end, parent) {
        (Some(wanted), End::Never) => Ok(wanted),
        (Some(End::Soon), End::Late) => Ok(End::Soon),
        (Some(_), _) => Err(Verdict::Denied),
        (None, End::Never) if matches!(order.kind, Kind::App | Kind::Assume) => Ok(End::Late),
        (None, parent) => Ok(parent),
    }
}

/// Whether `action` is one of those that the pattern means: exact, or with one star at an end.
fn fits(pattern: &str, action: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => action.ends_with(end),
        (None, Some(start)) => action.starts_with(start),
        (None, None) => pattern == action,
    }
}
