//! `weighbridge prepare`: the destination made ready.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::files::{self, check_writable, write_line, write_whole};
use super::jobs_submit::agreed;
use super::prepare_args::{Kms, PrepareArgs};
use super::prepare_keys::Keys;
use super::{CommandResult, Console, Failure};
use crate::alibaba::{Credentials, plain_region};
use crate::exit::Exit;
use crate::location::Location;
use crate::preflight::prepare::{
    Action, Clouds, Documents, Keeper, Lock, Patience, Plan, PrepareError, Record, SecretFile,
    Wish, carry_out, look, terraform,
};
use crate::preflight::wanted::{Way, wrong_bucket_name, wrong_role_name, wrong_user_name};
use crate::report::terminal::render_preparation;

pub(super) fn run(args: &PrepareArgs, console: Console) -> CommandResult {
    let wish = wish(args)?;
    if args.output.terraform.is_some() || args.output.print_policies.is_some() {
        return write_files(args, &wish, console);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(&error))?;
    runtime.block_on(async {
        let keys = Keys::find(&args.service, &args.bucket.keys).await?;
        let clouds = keys.clouds();
        if args.apply {
            apply(args, &wish, &clouds, console).await
        } else {
            show(args, &wish, &clouds, console).await
        }
    })
}

/// What the flags ask for.
fn wish(args: &PrepareArgs) -> Result<Wish, Failure> {
    let location = args.destination.parse::<Location>().map_err(|error| Failure::usage(&error))?;
    let Location::Oss(bucket) = location else {
        return Err(Failure::wrong("only buckets of OSS can be prepared")
            .hint("name the destination as `oss://bucket`"));
    };
    if let Some(why) = wrong_bucket_name(&bucket.name) {
        return Err(Failure::wrong(format!(
            "`{}` cannot be the name of a bucket: it {why}",
            bucket.name
        ))
        .hint("name a bucket of 3 to 63 characters out of a-z, 0-9 and `-`"));
    }
    let region = args.region.clone().or(bucket.region).ok_or_else(|| {
        Failure::wrong("the region of the destination is not known")
            .hint("name it with `--region`, such as `--region cn-hangzhou`")
    })?;
    let mut wish = Wish::new(bucket.name, plain_region(&region), args.way.way());
    if let Some(name) = &args.names.name {
        wish.user = Some(name.clone());
        wish.role.clone_from(name);
        wish.name.clone_from(name);
    }
    if let Some(user) = &args.names.user {
        wish.user = Some(user.clone());
    }
    if args.names.no_user {
        wish.user = None;
    }
    if let Some(role) = args.service.role() {
        role.clone_into(&mut wish.role);
    }
    let wrong = |what: &str, name: &str, why: &str| {
        Failure::wrong(format!("`{name}` cannot be the name of a {what}: it {why}")).hint(format!(
            "choose another one with `--{}`",
            if what == "role" { "role" } else { "user" }
        ))
    };
    if wish.way.needs_role()
        && let Some(why) = wrong_role_name(&wish.role)
    {
        return Err(wrong("role", &wish.role, why));
    }
    if let Some(user) = &wish.user
        && let Some(why) = wrong_user_name(user)
    {
        return Err(wrong("RAM user", user, why));
    }
    if let Some(why) = wrong_user_name(&wish.name) {
        return Err(Failure::wrong(format!("names cannot begin with `{}`: it {why}", wish.name))
            .hint("choose something else with `--name`"));
    }
    if !wish.way.needs_role() && args.names.kms != Kms::Auto {
        return Err(Failure::wrong("`--kms` is about the role, which is not created here")
            .hint("use it with `--manual` or `--cross-account`"));
    }
    if wish.way != Way::CrossAccount && args.output.bucket_policy.is_some() {
        return Err(Failure::wrong("`--bucket-policy` is about another account's bucket")
            .hint("use it with `--cross-account`"));
    }
    wish.storage_class.clone_from(&args.bucket.class);
    wish.redundancy.clone_from(&args.bucket.redundancy);
    wish.service_principal.clone_from(&args.names.service_principal);
    wish.kms = args.names.kms.into();
    wish.kms_key.clone_from(&args.names.kms_key);
    wish.bucket_account.clone_from(&args.bucket.keys.bucket_account);
    wish.access_key = args.names.access_key || args.names.access_key_file.is_some();
    Ok(wish)
}

/// Shows what would be done.
async fn show(
    args: &PrepareArgs,
    wish: &Wish,
    clouds: &Clouds<'_>,
    console: Console,
) -> CommandResult {
    let path = args.output.output.as_deref();
    let file = path.filter(|path| *path != Path::new("-"));
    let _alone = file.map(Lock::take).transpose().map_err(PrepareError::from)?;
    file.map(check_writable).transpose()?;
    // What `--apply` would go on with.
    let earlier = earlier(file.unwrap_or(&usual_record(wish)), wish)?;
    let plan = look(clouds, wish, earlier.as_ref()).await?;
    let record = Record::of_plan(&plan);
    if let Some(path) = path {
        let earlier = file.map(|file| Record::read_earlier(file, &plan)).transpose();
        let record = follow(record, earlier.map_err(PrepareError::from)?.flatten());
        let json = record.to_json().map_err(|error| Failure::failed(&error))?;
        write_whole(path, json.as_bytes())?;
    }
    let on_stdout = path != Some(Path::new("-"));
    tell(&plan, on_stdout, console)?;
    if plan.is_blocked() {
        return Ok(Exit::Findings);
    }
    if on_stdout && !console.is_quiet() {
        let count = plan.actions().count();
        let last = match count {
            0 => "nothing is left to do".to_owned(),
            1 => "1 step is left to do; `--apply` does it".to_owned(),
            _ => format!("{count} steps are left to do; `--apply` does them"),
        };
        write_line(&format!("\n{last}"))?;
    }
    Ok(Exit::Done)
}

/// Where the record of a bucket is kept unless another place is named.
fn usual_record(wish: &Wish) -> PathBuf {
    PathBuf::from(format!("prepare-{}.json", wish.bucket))
}

/// The record of an earlier run for this bucket, if there is one: whether it belongs to this plan is found out later.
fn earlier(path: &Path, wish: &Wish) -> Result<Option<Record>, PrepareError> {
    Ok(Record::read_if_there(path)?.filter(|record| record.bucket == wish.bucket))
}

/// What an earlier run did stays in the record.
fn follow(record: Record, earlier: Option<Record>) -> Record {
    match earlier {
        Some(earlier) => record.following(earlier),
        None => record,
    }
}

/// Shows what is missing, asks, and does it.
async fn apply(
    args: &PrepareArgs,
    wish: &Wish,
    clouds: &Clouds<'_>,
    console: Console,
) -> CommandResult {
    let path = match &args.output.output {
        Some(path) if path == Path::new("-") => {
            return Err(Failure::wrong("what was done has to be kept in a file")
                .hint("give `--output` a file, or leave it out"));
        }
        Some(path) => path.clone(),
        None => usual_record(wish),
    };
    let _alone = Lock::take(&path).map_err(PrepareError::from)?;
    check_writable(&path)?;
    let earlier = earlier(&path, wish)?;
    let plan = look(clouds, wish, earlier.as_ref()).await?;
    let earlier = Record::read_earlier(&path, &plan).map_err(PrepareError::from)?;
    tell(&plan, true, console)?;
    if plan.is_blocked() {
        return Err(Failure::blocked("nothing was changed, as something stands in the way"));
    }
    let record = follow(Record::of_plan(&plan), earlier);
    let say = |text: &str| if console.is_quiet() { Ok(()) } else { write_line(text) };
    let count = plan.actions().count();
    if count == 0 {
        // What an earlier run left open is settled now.
        if path.exists() {
            Keeper::new(record, path).map_err(PrepareError::from)?;
        }
        say("\nnothing is left to do")?;
        return Ok(Exit::Done);
    }
    if !args.yes {
        let whose = match &plan.bucket_account {
            Some(other) => format!("accounts {} and {other}", plan.account),
            None => format!("account {}", plan.account),
        };
        if !agreed(&format!("\n{count} steps in {whose}. Go on? [y/N] "))? {
            say("nothing was changed")?;
            return Ok(Exit::Done);
        }
    }
    let makes_key = plan.actions().any(|action| matches!(action, Action::CreateAccessKey { .. }));
    let mut file = match args.names.access_key_file.as_ref().filter(|_| makes_key) {
        Some(path) => Some(SecretFile::create(path).map_err(|error| {
            Failure::output(&format!("`{}`", path.display()), &error)
                .hint("name a file that is not there yet with `--access-key-file`")
        })?),
        None => None,
    };
    let mut keeper = Keeper::new(record, path).map_err(PrepareError::from)?;
    let mut done = 0;
    let mut failed = Ok(());
    let mut tell = |action: &Action| {
        done += 1;
        if failed.is_ok() {
            failed = say(&format!("[{done}/{count}] {action}"));
        }
    };
    let mut deliver = |key: &Credentials| match &mut file {
        Some(file) => file.write(key),
        None => show_secret(key),
    };
    let result = carry_out(clouds, &mut keeper, Patience::default(), &mut deliver, &mut tell).await;
    let kept = keeper.path().display().to_string();
    if let Err(error) = result {
        console
            .note(&format!("what was done is kept in `{kept}`: call again to go on, or undo it"));
        return Err(error.into());
    }
    failed?;
    say(&format!("done; `weighbridge undo {kept}` takes it back"))?;
    say(&next(wish))?;
    Ok(Exit::Done)
}

/// Shows the secret of a new key: once, and nowhere but here.
fn show_secret(key: &Credentials) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "access key id:     {}", key.id)?;
    writeln!(out, "access key secret: {}", *key.secret)?;
    writeln!(out, "the secret is not shown again")?;
    out.flush()
}

/// What comes after.
fn next(wish: &Wish) -> String {
    let bucket = &wish.bucket;
    match wish.way {
        Way::Automatic => {
            let user = wish.user.as_deref().unwrap_or("a RAM user that has these policies");
            format!("next: log on to the console as {user},\nand create the data address of oss://{bucket} there")
        }
        Way::Manual | Way::CrossAccount => {
            let (region, role) = (&wish.region, &wish.role);
            format!("next: weighbridge jobs SUMMARY --to oss://{bucket} --region {region} \\\n        --role {role}")
        }
        Way::Classic => "next: create the data addresses in the classic console, with an access key\nof the user".to_owned(),
    }
}

/// Shows a plan, on stdout or beside it.
fn tell(plan: &Plan, on_stdout: bool, console: Console) -> Result<(), Failure> {
    if console.is_quiet() && !plan.is_blocked() {
        return Ok(());
    }
    let text = render_preparation(plan, console.style(on_stdout));
    files::show(&text, on_stdout)
}

/// Writes the documents, or Terraform, and calls nobody.
fn write_files(args: &PrepareArgs, wish: &Wish, console: Console) -> CommandResult {
    let existing = match &args.output.bucket_policy {
        Some(path) => Some(fs::read_to_string(path).map_err(|error| {
            Failure::wrong(format!("cannot read `{}`: {error}", path.display()))
                .hint("give a file with the JSON of the bucket's policy")
        })?),
        None => None,
    };
    let documents = Documents::new(wish, args.service.account(), existing.as_deref())?;
    let mut written = Vec::new();
    if let Some(folder) = &args.output.print_policies {
        let name = format!("folder `{}`", folder.display());
        fs::create_dir_all(folder).map_err(|error| Failure::output(&name, &error))?;
        for file in documents.files(wish) {
            let path = folder.join(file.name);
            write_whole(&path, file.text.as_bytes())?;
            written.push(path);
        }
    }
    if let Some(path) = &args.output.terraform {
        let text = terraform::render(wish, &documents, existing.is_some());
        write_whole(path, text.as_bytes())?;
        written.push(path.clone());
    }
    for path in written.iter().filter(|path| path.as_path() != Path::new("-")) {
        console.note(&format!("written: {}", path.display()));
    }
    Ok(Exit::Done)
}
