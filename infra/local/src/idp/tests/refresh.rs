//! Refresh tokens: each works once, and a second use revokes its successors.

use super::{browser::*, *};

#[tokio::test]
async fn refresh_returns_successor_for_the_same_user() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let first = browser.redeem(&code, &[]).await;
    let at = browser.clock.now().seconds();
    let mut token = first.refresh_token();
    for _ in 0..3 {
        browser.clock.advance(600);
        let refreshed = browser.refresh(&token).await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.text);
        assert_ne!(refreshed.refresh_token(), token);
        token = refreshed.refresh_token();
        let id = claims(&browser.idp, refreshed.json()["id_token"].as_str().unwrap(), TOKEN_PAGE_CLIENT_ID);
        assert_eq!((&id["sub"], &id["auth_time"], id.get("nonce")), (&"1001".into(), &at.into(), None));
    }
}

#[tokio::test]
async fn reused_refresh_token_revokes_its_successors() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let first = browser.redeem(&code, &[]).await.refresh_token();
    let second = browser.refresh(&first).await.refresh_token();
    for token in [&first, &second] {
        assert_eq!(browser.refresh(token).await.error(), (400, "invalid_grant".to_owned()));
    }
}

#[tokio::test]
async fn reused_code_revokes_its_refresh_tokens() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let other = browser.code().await;
    let active = browser.redeem(&other, &[]).await.refresh_token();
    let revoked = browser.redeem(&code, &[]).await.refresh_token();
    let revoked = browser.refresh(&revoked).await.refresh_token();
    browser.clock.advance(600);
    assert_eq!(browser.redeem(&code, &[]).await.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(browser.refresh(&revoked).await.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(browser.refresh(&active).await.status, 200);
}

#[tokio::test]
async fn refresh_token_expires_twelve_hours_after_sign_in() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let token = browser.redeem(&code, &[]).await.refresh_token();
    browser.clock.advance(6 * 60 * 60);
    let token = browser.refresh(&token).await.refresh_token();
    browser.clock.advance(6 * 60 * 60);
    assert_eq!(browser.refresh(&token).await.error(), (400, "invalid_grant".to_owned()));
    for unknown in ["unknown", "a.b", "."] {
        assert_eq!(browser.refresh(unknown).await.error(), (400, "invalid_grant".to_owned()), "{unknown}");
    }
}

#[tokio::test]
async fn restart_revokes_codes_refresh_tokens_and_sessions() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let other = browser.code().await;
    let token = browser.redeem(&code, &[]).await.refresh_token();
    let mut browser = browser.with_restarted_provider().await;
    assert_eq!(browser.refresh(&token).await.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(browser.redeem(&other, &[]).await.error(), (400, "invalid_grant".to_owned()));
    assert!(browser.cookie.is_some());
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirect_parameter("error"), "login_required");
}
