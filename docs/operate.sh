# Shell functions of deploy.md and of the runbooks in operate.md, for bash. Set STACK to the name of the stack; then source the file, or
# paste its text. Each function fails if a call of AWS fails, and prints the reason.

resource() { aws cloudformation describe-stack-resource --stack-name "$STACK" --logical-resource-id "$1" \
  --query StackResourceDetail.PhysicalResourceId --output text; }

# Use the output TableName for the table, not the resource Table: they differ after a restore.
output() (
  value=$(aws cloudformation describe-stacks --stack-name "$STACK" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" \
    --output text) && [[ -n $value && $value != None ]] && echo "$value" || { echo "$STACK has no output $1" >&2; exit 1; }
)
parameters() { aws cloudformation describe-stacks --stack-name "$STACK" --query 'Stacks[0].Parameters' --output json; }
parameter() (
  set -o pipefail
  parameters | jq -er --arg name "$1" '.[] | select(.ParameterKey == $name).ParameterValue' ||
    { echo "$STACK has no parameter $1" >&2; exit 1; }
)

# The audience of tokens.
audience() { local value; value=$(parameter TokenAudience) && echo "${value:-$(parameter PublicUrl)}"; }

# signing_key FAMILY: the ARN of the key that signs now. FAMILY is Access or Public.
signing_key() (
  arn=$(parameter "$1SigningKeyArn") && id=$(resource "$1Key") || exit
  if [[ -n $arn ]]; then echo "$arn"; else aws kms describe-key --key-id "$id" --query KeyMetadata.Arn --output text; fi
)

# The bucket with the code: BUCKET if it is set, that of a release, or that of the SAM CLI.
bucket() (
  [[ -z ${BUCKET:-} ]] || { echo "$BUCKET"; exit; }
  values=$(parameters) || exit
  jq -er '.[] | select(.ParameterKey == "ArtifactBucket").ParameterValue' <<< "$values" || sam_bucket
)
sam_bucket() { STACK=aws-sam-cli-managed-default output SourceBucket; }

# The text of the deployed template, which names the code in S3.
deployed_template() (
  set -o pipefail
  aws cloudformation get-template --stack-name "$STACK" --template-stage Original --query TemplateBody --output json |
    jq -er 'if type == "string" then . else values | tojson end'
)

# save_deployment: saves the deployed template and the parameters in the bucket of the code, as before-TIME. After an error it removes
# what it has saved.
save_deployment() (
  name=before-$(date -u +%Y%m%dT%H%M%SZ) && target=s3://$(bucket)/$STACK/$name && values=$(parameters) &&
    template=$(deployed_template) || { echo "the deployment was not saved" >&2; exit 1; }
  aws s3 cp - "$target/template.yaml" <<< "$template" && aws s3 cp - "$target/parameters.json" <<< "$values" && echo "saved as $name" || {
    aws s3 rm --recursive "$target/" > /dev/null
    echo "the deployment was not saved" >&2
    exit 1
  }
)

# restore_deployment NAME: deploys what save_deployment saved, at once, whatever DeploymentPreference is. Builds nothing.
restore_deployment() (
  name=${1:?name a saved deployment}; path=$STACK/${name%/}
  bucket=$(bucket) && values=$(aws s3 cp "s3://$bucket/$path/parameters.json" -) &&
    template=$(aws s3 cp "s3://$bucket/$path/template.yaml" -) &&
    # With the time: the functions must get new processes even if this deployment was current before.
    values=$(with_revision "$template" "$(at_once <<< "$values")" "$(date -u +%FT%TZ)") && update_to_saved "$name" "$values"
)

# Changes the parameters in standard input to a deployment at once: a gradual one fails while an alarm is active.
at_once() { jq -c 'map(if .ParameterKey == "DeploymentPreference" then .ParameterValue = "AllAtOnce" else . end)'; }

# update_to_saved NAME PARAMETERS: updates the stack with a saved template. Not with the previous template, which CloudFormation does not
# transform again: SAM would neither publish a version nor deploy the API.
update_to_saved() (
  bucket=$(bucket) && id=$(aws cloudformation describe-stacks --stack-name "$STACK" --query 'Stacks[0].StackId' --output text) &&
    suffix=amazonaws.com && { [[ $id != arn:aws-cn:* ]] || suffix+=.cn; } &&
    update_stack --parameters "$2" --template-url "https://s3.$(cut -d: -f4 <<< "$id").$suffix/$bucket/$STACK/${1%/}/template.yaml"
)

# Waits for the end of the update. If it fails, prints the reasons.
update_stack() (
  aws cloudformation update-stack --stack-name "$STACK" --capabilities "${CAPABILITIES[@]}" CAPABILITY_AUTO_EXPAND "$@" || exit
  aws cloudformation wait stack-update-complete --stack-name "$STACK" || {
    aws cloudformation describe-stack-events --stack-name "$STACK" --max-items 100 --output text \
      --query "StackEvents[?contains(ResourceStatus, 'FAILED')].[Timestamp, LogicalResourceId, ResourceStatusReason]"
    exit 1
  }
)
CAPABILITIES=(CAPABILITY_IAM CAPABILITY_NAMED_IAM)

# set_parameters NAME=VALUE...: changes parameters of the deployed version; NAME= sets the empty value. Builds nothing.
set_parameters() (
  stack=$(updatable_stack) || exit
  [[ $stack != null ]] || { echo "$STACK does not exist" >&2; exit 1; }
  template=$(deployed_template) && has_revision "$template" && values=$(new_parameters "$template" "$stack" "$@") &&
    values=$(with_revision "$template" "$values" "$(rolled_back "$stack")") && saved=$(save_deployment) && echo "$saved" &&
    update_to_saved "${saved##* }" "$values"
)

# replace_processes: replaces the processes of all functions at once, by a new revision of the deployed version.
replace_processes() (
  template=$(deployed_template) && has_revision "$template" && values=$(parameters) &&
    values=$(with_revision "$template" "$(at_once <<< "$values")" "$(date -u +%FT%TZ)") &&
    saved=$(save_deployment) && echo "$saved" && update_to_saved "${saved##* }" "$values"
)

# deploy_template FILE [--tag KEY=VALUE]... [NAME=VALUE]...: deploys a template of a release, whose files were uploaded to the bucket
# ArtifactBucket, for the first time or over the existing stack, whose other parameters and tags keep their values.
deploy_template() (
  file=${1:?name the template}; shift
  require_tools aws jq && stack=$(updatable_stack) && template=$(< "$file") && read_arguments "$@" &&
    values=$(new_parameters "$template" "$stack" "${assignments[@]}") && tags=$(new_tags "$stack" "${tags[@]}") &&
    values=$(with_revision "$template" "$values" "$(rolled_back "$stack")") || exit
  if [[ $stack == null ]]; then bucket=$(jq -er '.[] | select(.ParameterKey == "ArtifactBucket").ParameterValue' <<< "$values") ||
    { echo "the first deployment needs ArtifactBucket=NAME" >&2; exit 1; }
  else bucket=$(bucket) && save_deployment || exit; fi
  upload_and_deploy "$file" "$bucket" "$values" "$tags"
)

# deploy_release VERSION [--tag KEY=VALUE]... [NAME=VALUE]...: the same with the template of an uploaded release, for an existing stack.
deploy_release() (
  source="s3://$(parameter ArtifactBucket)/$(parameter ArtifactPrefix)/${1:?name the version}/template.yaml" &&
    aws s3 cp "$source" "template-$1.yaml" && deploy_template "template-$1.yaml" "${@:2}"
)

# deploy [--tag KEY=VALUE]... [NAME=VALUE]...: deploys this checkout, for the first time or over the existing stack, whose other
# parameters and tags keep their values. NAME= sets the empty value.
deploy() (
  source=${TEMPLATE:-template.yaml}; built=.aws-sam/build
  require_tools aws cargo-lambda jq sam && stack=$(updatable_stack) && template=$(< "$source") && read_arguments "$@" &&
    values=$(new_parameters "$template" "$stack" "${assignments[@]}") && tags=$(new_tags "$stack" "${tags[@]}") || exit
  architecture=$(jq -r 'map(select(.ParameterKey == "Architecture").ParameterValue)[0] // "arm64"' <<< "$values") &&
    sam build --template "$source" --parameter-overrides "Architecture=$architecture" && template=$(< "$built/template.yaml") &&
    code=$(cd "$built" && find . -type f -name bootstrap -exec sha256sum {} + | LC_ALL=C sort) && [[ -n $code ]] ||
    { echo "the functions were not built" >&2; exit 1; }
  values=$(with_revision "$template" "$values" "$code" "$(rolled_back "$stack")") &&
    # Not `sam deploy`, which removes quotes and backslashes from the values of parameters.
    sam package --template-file "$built/template.yaml" --resolve-s3 --s3-prefix "$STACK" --output-template-file "$built/packaged.yaml" \
      > /dev/null && bucket=$(sam_bucket) || exit
  [[ $stack == null ]] || save_deployment || exit
  upload_and_deploy "$built/packaged.yaml" "$bucket" "$values" "$tags"
)

# upload_and_deploy FILE BUCKET PARAMETERS TAGS: creates or updates the stack. The template is too large for a request.
upload_and_deploy() (
  overrides=() options=()
  while IFS= read -r -d '' pair; do overrides+=("$pair"); done < <(jq -j '.[] | "\(.ParameterKey)=\(.ParameterValue)\u0000"' <<< "$3")
  while IFS= read -r -d '' pair; do options+=("$pair"); done < <(jq -j '.[] | "\(.)\u0000"' <<< "$4")
  aws cloudformation deploy --stack-name "$STACK" --template-file "$1" --s3-bucket "$2" --s3-prefix "$STACK" \
    --capabilities "${CAPABILITIES[@]}" --no-fail-on-empty-changeset --parameter-overrides "${overrides[@]}" \
    ${options[0]+--tags "${options[@]}"}
)

# Fails unless all these commands are installed.
require_tools() {
  local tool; for tool; do
    command -v "$tool" > /dev/null || { echo "$tool is not installed" >&2; return 1; }
  done
}

# The stack as JSON, or null if it does not exist. Fails if its state does not permit an update.
updatable_stack() (
  errors=$(mktemp) && trap 'rm -f "$errors"' EXIT || exit
  stack=$(aws cloudformation describe-stacks --stack-name "$STACK" --query 'Stacks[0]' --output json 2> "$errors") || {
    grep -q 'does not exist' "$errors" && { echo null; exit; }
    cat "$errors" >&2; exit 1
  }
  state=$(jq -er .StackStatus <<< "$stack") || exit
  case $state in
    CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE) echo "$stack" ;;
    # A change set of a first deployment, which was not executed.
    REVIEW_IN_PROGRESS) echo null ;;
    CREATE_FAILED | ROLLBACK_COMPLETE | ROLLBACK_FAILED)
      echo "$STACK is in the state $state, because its first deployment failed: delete the stack, then repeat" >&2; exit 1 ;;
    *) echo "$STACK is in the state $state: repeat when the update has ended, or see Roll back in operate.md" >&2; exit 1 ;;
  esac
)

# read_arguments [--tag KEY=VALUE]... [NAME=VALUE]...: sets the arrays `tags` and `assignments`.
read_arguments() {
  tags=() assignments=()
  while (($#)); do
    if [[ $1 == --tag && ${2:-} == ?*=* ]]; then tags+=("$2"); shift
    elif [[ $1 =~ ^[A-Za-z0-9]+= ]]; then assignments+=("$1")
    else echo "$1 is neither NAME=VALUE nor --tag KEY=VALUE" >&2; return 1; fi
    shift
  done
}

# template_parameters: prints the names of the parameters of the template in standard input, which is YAML or JSON.
template_parameters() (
  template=$(cat)
  if [[ $template == "{"* ]]; then jq -r '.Parameters // {} | keys[]' <<< "$template"
  else awk '/^[^ #]/ { inside = /^Parameters:/ } inside && /^  [A-Za-z0-9]+:/ { sub(/:.*/, ""); print $1 }' <<< "$template"; fi
)

# new_parameters TEMPLATE STACK [NAME=VALUE]...: the parameters of the stack as JSON, changed by the arguments. Without those that the
# template does not have, and without Revision.
new_parameters() (
  names=$(template_parameters <<< "$1" | jq -Rn '[inputs]') &&
    values=$(jq -c --argjson names "$names" '[(.Parameters // [])[] | {ParameterKey, ParameterValue}
      | select(.ParameterKey as $key | $key != "Revision" and any($names[]; . == $key))]' <<< "$2") || exit
  for pair in "${@:3}"; do
    name=${pair%%=*}
    [[ $name != Revision ]] || { echo "Revision is computed and cannot be set" >&2; exit 1; }
    jq -e --arg name "$name" 'any(.[]; . == $name)' <<< "$names" > /dev/null ||
      { echo "the template has no parameter $name" >&2; exit 1; }
    values=$(jq -c --arg name "$name" --arg value "${pair#*=}" \
      'map(select(.ParameterKey != $name)) + [{ParameterKey: $name, ParameterValue: $value}]' <<< "$values") || exit
  done
  echo "$values"
)

# new_tags STACK [KEY=VALUE]...: the tags of the stack as a JSON list of KEY=VALUE, changed by the arguments.
new_tags() (
  tags=$(jq -c '[(.Tags // [])[] | select(.Key | startswith("aws:") | not) | "\(.Key)=\(.Value)"]' <<< "$1") || exit
  for tag in "${@:2}"; do
    tags=$(jq -c --arg tag "$tag" --arg key "${tag%%=*}=" 'map(select(startswith($key) | not)) + [$tag]' <<< "$tags") || exit
  done
  echo "$tags"
)

# A salt for the revision after an update that CloudFormation has rolled back, because a version of its revision exists: Lambda would
# not publish another one of the same content, and CloudFormation then reports an error.
rolled_back() { jq -r 'values | select(.StackStatus | startswith("UPDATE_ROLLBACK")) | .LastUpdatedTime // empty' <<< "$1"; }

# revision TEMPLATE PARAMETERS [TEXT]...: the parameter Revision, a digest of the template, the other parameters and the texts.
revision() (
  set -o pipefail
  values=$(jq -cS 'map(select(.ParameterKey != "Revision") | {(.ParameterKey): .ParameterValue}) | add' <<< "$2") &&
    printf '%s\n' "$1" "$values" "${@:3}" | sha256sum | cut -c 1-16
)

# Fails unless the template has the parameter Revision. Without it, a changed parameter reaches no request.
has_revision() {
  grep -qx Revision <<< "$(template_parameters <<< "$1")" ||
    { echo "$STACK has no parameter Revision: change its source, for example the CDK app" >&2; return 1; }
}

# with_revision TEMPLATE PARAMETERS [TEXT]...: PARAMETERS with a new Revision, if the template has this parameter.
with_revision() (
  names=$(template_parameters <<< "$1") && values=$(jq -ce 'map({ParameterKey, ParameterValue})' <<< "$2") || exit
  if grep -qx Revision <<< "$names"; then
    value=$(revision "$@") &&
      values=$(jq -c --arg value "$value" 'map(select(.ParameterKey != "Revision"))
        + [{ParameterKey: "Revision", ParameterValue: $value}]' <<< "$values") || exit
  fi
  echo "$values"
)

# query_logs QUERY SINCE [UNTIL]: runs a CloudWatch Logs Insights query over the logs of all functions. Prints one JSON object a line.
# CloudWatch cuts a result off at 10,000 lines: the function then queries both halves of the period, whose lines may overlap.
query_logs() (
  set -o pipefail
  functions=$(resource FunctionLog) && audit=$(resource AuditLog) && start=$(date -d "$2" +%s) && end=$(date -d "${3:-now}" +%s) &&
    id=$(aws logs start-query --log-group-names "$functions" "$audit" --query-string "$1" --start-time "$start" --end-time "$end" \
      --query queryId --output text) || exit
  while status=$(aws logs get-query-results --query-id "$id" --query status --output text) &&
    [[ $status == Scheduled || $status == Running ]]; do sleep 2; done
  [[ $status == Complete ]] || { echo "the query is $status" >&2; exit 1; }
  lines=$(aws logs get-query-results --query-id "$id" --output json |
    jq -c '.results[] | map({(.field): .value}) | add | del(.["@ptr"])') || exit
  if (($(wc -l <<< "$lines") < 10000)); then
    [[ -z $lines ]] || printf '%s\n' "$lines"
  elif [[ $1 == *"stats "* ]] || ((end - start <= 1)); then
    echo "the result is cut off at 10,000 lines" >&2; exit 1
  else
    middle=$(((start + end) / 2)); query_logs "$1" "@$start" "@$middle" && query_logs "$1" "@$middle" "@$end"
  fi
)

# Revocations in the table, without the API.

# token_item ID [TABLE]: prints the organization, creator, revocation and rotation of a token's item. The exit code is 4 if it has no item.
token_item() (
  table=${2:-$(output TableName)} && item=$(aws dynamodb get-item --table-name "$table" --consistent-read --output json \
    --key "{\"pk\": {\"S\": \"TOKEN#${1#*_}\"}, \"sk\": {\"S\": \"TOKEN\"}}" < /dev/null) || exit 1
  [[ -n $item ]] || exit 4
  jq -ce '.Item // empty | {token_id: .id.S, org_id: .org.S, created_by: .created_by.S, revoked_by: .revoked_by.S,
    revoked_at: (.revoked_at.N | if . then tonumber | todate else null end)}
    + ({rotated_from: .rotated_from.S, successor: .successor.S} | with_entries(select(.value)))' <<< "$item"
)

# revoke_rows TABLE: reads revocations from standard input, one JSON object per line, and writes them as the function revoke-token
# does (shared/src/aws/dynamodb/update_token.rs): sets time and principal, sets the TTL to 30 days later, and removes the item from the
# index. The TTL of a rotated token's item stays, so that its successor can be found. It creates no missing item and keeps an earlier
# revocation. Fails if a token was not revoked; its row is in the file `failed`.
revoke_rows() (
  table=${1:?name the table}; new=0; earlier=0; : > failed; : > missing
  while read -r row || [[ -n $row ]]; do
    if ! update=$(jq -ce --arg table "$table" '(.revoked_at | sub("\\.[0-9]+"; "") | fromdateiso8601) as $at | {
      TableName: $table,
      Key: {pk: {S: ("TOKEN#" + (.token_id | capture("^(api|app|assume|journey|portal)_(?<key>[A-Za-z0-9_-]{21})$").key))},
        sk: {S: "TOKEN"}},
      UpdateExpression: "SET revoked_at = :at, revoked_by = :by, #ttl = :ttl REMOVE by_org, by_org_at",
      ConditionExpression: "id = :id AND org = :org AND attribute_not_exists(revoked_at) AND attribute_not_exists(successor)",
      ExpressionAttributeNames: {"#ttl": "ttl"},
      ExpressionAttributeValues: {
        ":at": {N: ($at | tostring)}, ":by": {S: (.revoked_by | strings)}, ":ttl": {N: ($at + 30 * 86400 | tostring)},
        ":id": {S: .token_id}, ":org": {S: (.org_id | strings)}}}' <<< "$row"); then error="invalid row"
    elif error=$(aws dynamodb update-item --cli-input-json "$update" 2>&1 < /dev/null); then new=$((new + 1)); continue
    elif [[ $error == *ConditionalCheckFailed* ]]; then
      item=$(token_item "$(jq -r .token_id <<< "$row")" "$table"); code=$?
      if ((code == 4)); then printf '%s\n' "$row" >> missing; continue; fi
      if ((code == 0)) && jq -e .revoked_at <<< "$item" > /dev/null; then earlier=$((earlier + 1)); continue; fi
      rotated=$(jq -c 'del(.ExpressionAttributeNames, .ExpressionAttributeValues[":ttl"])
        | .UpdateExpression |= sub(", #ttl = :ttl"; "") | .ConditionExpression |= sub("not_exists\\(successor"; "exists(successor")' <<< "$update")
      if ((code == 0)) && aws dynamodb update-item --cli-input-json "$rotated" > /dev/null 2>&1 < /dev/null; then
        new=$((new + 1)); continue
      fi
      error="NOT revoked: the item has another id or organization, or cannot be read: $item"
    fi
    printf '%s\n' "$row" >> failed; printf '%s: %s\n' "$error" "$row" >&2
  done
  echo "$new revoked, $earlier revoked earlier, $(wc -l < missing) without an item, $(wc -l < failed) FAILED" >&2
  [[ ! -s failed ]]
)

# revoke_item ID PRINCIPAL: revokes one token, prints its item, and writes the audit line that a restore repeats. PRINCIPAL is you, as
# PROVIDER|SUBJECT: another form makes the item unreadable.
revoke_item() (
  [[ ${2:-} =~ ^[a-z0-9-]{1,32}\|[^[:space:]]+$ ]] || { echo "the principal must be PROVIDER|SUBJECT" >&2; exit 1; }
  item=$(token_item "$1") && table=$(output TableName) && log=$(resource AuditLog) &&
    row=$(jq -c --arg by "$2" '{kind: "audit", event: "revoked", org_id, token_id, by: $by,
      revoked_at: (now | floor | todate), revoked_by: $by}' <<< "$item") &&
    revoke_rows "$table" <<< "$row" && token_item "$1" | jq -ce 'select(.revoked_at)' ||
    { echo "$1 was NOT revoked, or has no item" >&2; exit 1; }
  stream=operator-$(date -u +%Y%m%dT%H%M%S)-$RANDOM
  aws logs create-log-stream --log-group-name "$log" --log-stream-name "$stream" &&
    aws logs put-log-events --log-group-name "$log" --log-stream-name "$stream" \
      --log-events "$(jq -cn --arg row "$row" '[{timestamp: (now * 1000 | floor), message: $row}]')" > /dev/null
)

# Restore and comparison of tables.

# restore_table SOURCE TARGET TIME: restores a new table.
restore_table() (
  status() { aws dynamodb describe-table --table-name "$1" --query Table.TableStatus --output text; }
  aws dynamodb restore-table-to-point-in-time --source-table-name "$1" --target-table-name "$2" --restore-date-time "$3" > /dev/null &&
    while [[ $(status "$2") == CREATING ]]; do sleep 10; done && prepare_table "$2"
)

# prepare_table TABLE: turns on the settings that a restore does not copy.
prepare_table() {
  aws dynamodb update-table --table-name "$1" --deletion-protection-enabled > /dev/null &&
    aws dynamodb update-continuous-backups --table-name "$1" \
      --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true > /dev/null &&
    aws dynamodb update-time-to-live --table-name "$1" --time-to-live-specification Enabled=true,AttributeName=ttl > /dev/null &&
    echo "$1 is ready"
}

# revocations SINCE UNTIL [TABLE]: prints the revocations as rows for revoke_rows: from the audit lines; from revocations that were
# answered with 404, because the item was lost; and from a table, which includes one whose function stopped before it wrote the line.
revocations() (
  set -o pipefail
  query_logs 'filter kind = "audit" and event = "revoked" | fields org_id, token_id, revoked_at, revoked_by' "$1" "$2" &&
    query_logs 'filter operation = "revokeAccessToken" and code = "not_found" and ispresent(token_id)
      | fields org_id, token_id, principal' "$1" "$2" |
    jq -c '{org_id, token_id, revoked_by: .principal, revoked_at: (now | floor | todate)}' || exit
  [[ -z ${3:-} ]] || aws dynamodb scan --table-name "$3" --projection-expression 'id, org, revoked_at, revoked_by' --output json \
    --filter-expression 'attribute_exists(revoked_at)' | jq -c '.Items[] | {org_id: .org.S, token_id: .id.S,
      revoked_at: (.revoked_at.N | tonumber | todate), revoked_by: .revoked_by.S}'
)

# rotations SINCE UNTIL: prints the tokens that were rotated, from the audit lines, as rows for revoke_rows.
rotations() (
  set -o pipefail
  query_logs 'filter kind = "audit" and event = "rotated" | fields org_id, token_id, by' "$1" "$2" |
    jq -c '{org_id, token_id, revoked_by: .by, revoked_at: (now | floor | todate)}'
)

# lost_items FROM TO: prints the keys of the items of the table FROM that are not in the table TO.
lost_items() (
  set -o pipefail
  keys() { aws dynamodb scan --table-name "$1" --projection-expression 'pk, sk' --output json | jq -cS '.Items[]' | sort; }
  from=$(keys "$1") && to=$(keys "$2") && comm -23 <(echo "$from") <(echo "$to")
)

# copy_items FROM TO: reads keys from standard input and copies the items. Keeps existing items. Fails if an item was not copied.
copy_items() (
  copied=0; kept=0; failed=0
  while read -r key; do
    if item=$(aws dynamodb get-item --table-name "$1" --consistent-read --key "$key" --query Item --output json 2>&1 < /dev/null) &&
      error=$(aws dynamodb put-item --table-name "$2" --item "$item" --condition-expression 'attribute_not_exists(pk)' \
        2>&1 < /dev/null); then copied=$((copied + 1))
    elif [[ ${error:-} == *ConditionalCheckFailed* ]]; then kept=$((kept + 1))
    else failed=$((failed + 1)); echo "not copied: $key ${error:-$item}" >&2; fi
    error=
  done
  echo "$copied copied, $kept exist, $failed FAILED" >&2
  ((failed == 0))
)

# forged_items BEFORE SINCE: prints the ids of token items that are neither in the table BEFORE nor in the audit lines since SINCE. The
# ids in the audit lines are in the file `created`.
forged_items() (
  set -o pipefail
  rows() { aws dynamodb scan --table-name "$1" --filter-expression 'sk = :token' --output json \
    --expression-attribute-values '{":token": {"S": "TOKEN"}}' |
    jq -cS '.Items[] | del(.name, .description, .last_used, .first_used_at, .successor, .rotated_at, .ends_at, .v, .revoked_at, .revoked_by,
      .ttl, .by_org, .by_org_at)' | sort; }
  query_logs 'filter kind = "audit" and event = "created" | fields token_id' "$2" | jq -r .token_id | sort -u > created &&
    table=$(output TableName) && before=$(rows "$1") && now=$(rows "$table") &&
    comm -13 <(echo "$before") <(echo "$now") | jq -r .id.S | sort -u | comm -23 - created
)

# The URL of `latchkey`, which otherwise acts on a local stack. Before the first deployment it is unknown.
[[ -n ${FUNCTIONS_ONLY:-} ]] || { LATCHKEY_URL=$(parameter PublicUrl) && export LATCHKEY_URL && echo "ready: $LATCHKEY_URL"; }
