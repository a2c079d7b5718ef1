//! Refresh tokens: each works once, and a second use ends all that came of the sign-in.

use super::{browser::*, *};

#[tokio::test]
async fn each_renewal_gives_the_next_refresh_token_and_the_same_person() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let first = browser.redeem(&code, &[]).await;
    let at = browser.clock.now().seconds();
    let mut token = first.refresh_token();
    for _ in 0..3 {
        browser.clock.wait(600);
        let renewed = browser.renew(&token).await;
        assert_eq!(renewed.status, 200, "{}", renewed.text);
        assert_ne!(renewed.refresh_token(), token);
        token = renewed.refresh_token();
        let id = claims(&browser.idp, renewed.json()["id_token"].as_str().unwrap(), TOKEN_PAGE_CLIENT_ID);
        assert_eq!((&id["sub"], &id["auth_time"], id.get("nonce")), (&"1001".into(), &at.into(), None));
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_ends_its_successors() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let first = browser.redeem(&code, &[]).await.refresh_token();
    let second = browser.renew(&first).await.refresh_token();
    for token in [&first, &second] {
        assert_eq!(browser.renew(token).await.error(), (400, "invalid_grant".to_owned()));
    }
}

#[tokio::test]
async fn a_code_that_is_used_again_ends_the_refresh_tokens_that_came_of_it() {
    let mut browser = Browser::new().await;
    let (code, other) = (browser.code().await, browser.code().await);
    let kept = browser.redeem(&other, &[]).await.refresh_token();
    let ended = browser.redeem(&code, &[]).await.refresh_token();
    let ended = browser.renew(&ended).await.refresh_token();
    browser.clock.wait(600);
    assert_eq!(browser.redeem(&code, &[]).await.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(browser.renew(&ended).await.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(browser.renew(&kept).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_ends_twelve_hours_after_the_sign_in_however_often_it_was_renewed() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let token = browser.redeem(&code, &[]).await.refresh_token();
    browser.clock.wait(6 * 60 * 60);
    let token = browser.renew(&token).await.refresh_token();
    browser.clock.wait(6 * 60 * 60);
    assert_eq!(browser.renew(&token).await.error(), (400, "invalid_grant".to_owned()));
    for unknown in ["unknown", "a.b", "."] {
        assert_eq!(browser.renew(unknown).await.error(), (400, "invalid_grant".to_owned()), "{unknown}");
    }
}

#[tokio::test]
async fn what_was_given_is_forgotten_when_the_provider_stops() {
    let mut browser = Browser::new().await;
    let (code, other) = (browser.code().await, browser.code().await);
    let token = browser.redeem(&code, &[]).await.refresh_token();
    let mut browser = browser.restarted().await;
    assert_eq!(browser.renew(&token).await.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(browser.redeem(&other, &[]).await.error(), (400, "invalid_grant".to_owned()));
    assert!(browser.cookie.is_some());
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.led("error"), "login_required");
}
