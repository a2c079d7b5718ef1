//! The text that `cargo local` prints once the stack is ready.

use std::{
    fmt::{self, Display, Formatter},
    path::Path,
};

use data_dir::StackAddresses;

use crate::idp::users::User;

/// Commands to copy, the ports in use, the users who can sign in, and as the last line `ready URL` for programs that wait.
pub(super) struct Greeting<'a> {
    pub(super) addresses: &'a StackAddresses,
    pub(super) users: &'a [User],
    pub(super) data_dir: &'a Path,
    /// The option that selects this stack in other commands, followed by a blank, or nothing.
    pub(super) stack_option: &'a str,
}

impl Display for Greeting<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let option = self.stack_option;
        let url = &self.addresses.url;
        let sample = self.addresses.sample.as_ref();
        write!(
            f,
            r#"
Create a token, as the owner of organization 123:

  cargo latchkey {option}token create --name first

The same with curl:

  TOKEN=$(curl -sS {url}/v1/access-tokens -H "Authorization: Bearer $(cargo local token {option}--org 123 --user 1001)" -H 'Content-Type: application/json' -d '{{"name":"first"}}' | sed -E 's/.*"token":"([^"]+)".*/\1/')

Use the token: list all tokens, and call the sample API behind the authorizer (infra/sample):

  curl -sS {url}/v1/access-tokens -H "Authorization: Bearer $TOKEN"
"#
        )?;
        if let Some(sample) = sample {
            writeln!(f, "  curl -sS {}/orders/7 -H \"Authorization: Bearer $TOKEN\"", sample.rest)?;
        }
        writeln!(f, "\nAddresses:\n")?;
        let none = String::new();
        let rest = sample.map_or(&none, |sample| &sample.rest);
        let http = sample.map_or(&none, |sample| &sample.http);
        for (name, address) in [
            ("API", url),
            ("token page", &format!("{url}/tokens")),
            ("identity provider", &self.addresses.idp_url),
            ("sample, REST API", rest),
            ("sample, HTTP API", http),
            ("DynamoDB", &self.addresses.dynamodb_url),
            ("KMS", &self.addresses.kms_url),
        ] {
            if !address.is_empty() {
                writeln!(f, "  {name:18} {address}")?;
            }
        }
        writeln!(f, "\nUsers, who sign in on the token page without a password:\n")?;
        for User { org, id, name, roles } in self.users {
            writeln!(f, "  {name:18} --org {org} --user {id}   {}", roles.join(", "))?;
        }
        writeln!(f, "\nData and log (functions.log): {}\n\nready {url}", self.data_dir.display())
    }
}
