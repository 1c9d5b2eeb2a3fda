use azure_core::http::{HttpClient as _, Method, Request as CoreRequest, StatusCode};

use super::*;
use crate::store::http::script::{Script, Then, answer};

fn entra(variables: &[(&str, &str)]) -> Result<EntraId, StoreError> {
    let lookup = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    EntraId::new(&lookup, Settings { proxies: false, ..Settings::default() })
}

#[test]
fn the_ways_are_chosen_by_the_names_of_the_azure_sdks() {
    use Way::{AzureCli, AzureDeveloperCli, ClientSecret, ManagedIdentity, WorkloadIdentity};
    let ways = |choice: &str| entra(&[(CHOICE, choice)]).map(|entra| entra.ways);
    assert_eq!(entra(&[]).unwrap().ways, Way::ALL);
    assert_eq!(ways(" ").unwrap(), Way::ALL);
    assert_eq!(ways("dev").unwrap(), [AzureCli, AzureDeveloperCli]);
    assert_eq!(ways("PROD").unwrap(), [ClientSecret, WorkloadIdentity, ManagedIdentity]);
    assert_eq!(ways("workloadidentitycredential").unwrap(), [WorkloadIdentity]);
    let error = ways("VisualStudioCredential").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Setup);
    assert!(error.message.contains("`VisualStudioCredential`"), "{error}");
    assert!(error.message.contains("AzureCliCredential"), "{error}");
}

#[test]
fn the_metadata_service_is_asked_where_no_other_endpoint_is_named() {
    for (variables, needed) in [
        (&[][..], true),
        (&[(IDENTITY_ENDPOINT, "e"), (IDENTITY_HEADER, "h")], false),
        (&[(IDENTITY_ENDPOINT, "e")], true),
        (&[(IDENTITY_ENDPOINT, "e"), (IMDS_ENDPOINT, "i")], false),
        (&[(MSI_ENDPOINT, "m")], false),
    ] {
        assert_eq!(entra(variables).unwrap().needs_metadata(), needed, "{variables:?}");
    }
}

#[tokio::test]
async fn only_a_service_that_misses_its_header_is_the_metadata_service_of_azure() {
    let steps = ["400 Bad Request", "404 Not Found", "401 Unauthorized", "200 OK"]
        .map(|status| (answer(status, "", "{}"), Then::Close));
    let script = Script::play(steps).await;
    let entra = entra(&[]).unwrap();
    let mut found = Vec::new();
    for _ in 0..4 {
        found.push(entra.has_metadata(&script.address).await);
    }
    assert_eq!(found, [true, false, false, false]);
    let head = script.heads()[0].to_ascii_lowercase();
    assert!(head.starts_with("get /metadata/identity/oauth2/token http/1.1\r\n"), "{head}");
    assert!(!head.contains("\nmetadata:"), "{head}");
}

#[test]
fn secrets_are_not_in_what_is_shown() {
    let entra = entra(&[(CLIENT_SECRET, "s3cret "), (IDENTITY_HEADER, "h3ader")]).unwrap();
    let shown = entra.presentable(" It failed.\n  s3cret h3ader\n");
    assert_eq!(shown, "It failed. [redacted] [redacted]");
    assert_eq!(entra.presentable(&"é".repeat(400)), "é".repeat(LONGEST_REASON) + "…");
    let debug = format!("{entra:?}");
    assert!(debug.contains(CLIENT_SECRET) && !debug.contains("s3cret"), "{debug}");
}

#[tokio::test]
async fn a_way_that_lacks_a_variable_names_it() {
    let given = [(CHOICE, "EnvironmentCredential"), (TENANT_ID, "t"), (CLIENT_ID, "c")];
    let error = entra(&given).unwrap().token().await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoCredentials);
    let told = "gave a token\n  client secret: AZURE_CLIENT_SECRET is not set\nhint: ";
    assert!(error.message.contains(told), "{error}");
}

#[tokio::test]
async fn a_way_that_is_set_up_and_fails_ends_the_search() {
    let given =
        [(TENANT_ID, "t"), (CLIENT_ID, "c"), (TOKEN_FILE, "/nowhere/token"), (CHOICE, "prod")];
    let error = entra(&given).unwrap().token().await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadCredentials);
    assert!(error.message.contains("by workload identity failed: "), "{error}");
    assert!(error.message.contains("/nowhere/token"), "{error}");
}

#[tokio::test]
async fn requests_of_the_identity_crate_go_over_our_client() {
    let script =
        Script::play([(answer("400 Bad Request", "X-Some: thing\r\n", "{}"), Then::Close)]).await;
    let url = format!("http://{}/tenant/oauth2/v2.0/token?a=b%20c", script.address);
    let mut request = CoreRequest::new(url.parse().unwrap(), Method::Post);
    request.insert_header("content-type", "application/x-www-form-urlencoded");
    request.set_body("grant_type=client_credentials");
    let transport = Transport(Client::new(Settings { proxies: false, ..Settings::default() }));
    let answer = transport.execute_request(&request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BadRequest);
    assert_eq!(answer.headers().get_optional_str(&"x-some".into()), Some("thing"));
    let head = script.heads()[0].to_ascii_lowercase();
    assert!(head.starts_with("post /tenant/oauth2/v2.0/token?a=b%20c http/1.1\r\n"), "{head}");
    for line in [
        format!("host: {}", script.address),
        "content-length: 29".into(),
        "content-type: application/x-www-form-urlencoded".into(),
    ] {
        assert!(head.contains(&line), "{line}: {head}");
    }
}
