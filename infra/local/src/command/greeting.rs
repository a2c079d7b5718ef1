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
        self.write_commands(f)?;
        self.write_addresses(f)?;
        self.write_users(f)?;
        writeln!(f, "\nData and log (functions.log): {}", self.data_dir.display())?;
        writeln!(f, "\nready {}", self.addresses.url)
    }
}

impl Greeting<'_> {
    fn write_commands(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let option = self.stack_option;
        let url = &self.addresses.url;
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
        match &self.addresses.sample {
            Some(sample) => writeln!(f, "  curl -sS {}/orders/7 -H \"Authorization: Bearer $TOKEN\"", sample.rest),
            None => Ok(()),
        }
    }

    fn write_addresses(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let StackAddresses { url, idp_url, dynamodb_url, kms_url, sample, .. } = self.addresses;
        let token_page = format!("{url}/tokens");
        let mut addresses = vec![("API", url), ("token page", &token_page), ("identity provider", idp_url)];
        if let Some(sample) = sample {
            addresses.extend([("sample, REST API", &sample.rest), ("sample, HTTP API", &sample.http)]);
        }
        addresses.extend([("DynamoDB", dynamodb_url), ("KMS", kms_url)]);
        writeln!(f, "\nAddresses:\n")?;
        addresses.iter().try_for_each(|(name, address)| writeln!(f, "  {name:18} {address}"))
    }

    fn write_users(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nUsers, who sign in on the token page without a password:\n")?;
        self.users.iter().try_for_each(|User { org, id, name, roles }| {
            writeln!(f, "  {name:18} --org {org} --user {id}   {}", roles.join(", "))
        })
    }
}
