#include "validator/service/validator.h"

#include <utility>

#include "base/await.h"
#include "validator/service/fields.h"

namespace pawl::validator {
namespace {

constexpr size_t kMaxServiceBytes = 64;
constexpr size_t kMaxAddressBytes = 64;
constexpr size_t kMaxCodeBytes = 32;
constexpr db::Roles kLogin = static_cast<db::Roles>(db::Role::kLogin);
constexpr db::Roles kAdmin = static_cast<db::Roles>(db::Role::kAdmin);
constexpr db::Roles kSelfService =
    static_cast<db::Roles>(db::Role::kSelfService) | kAdmin;
// The service in audit and budgets of what a person does to their own account.
constexpr std::string_view kSelfServiceName = "self-service";
constexpr size_t kMaxTypeBytes = 32;

// Blanks, TAB, CR, LF around a bare OTP: keyboards and forms add them.
std::string_view Trim(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

// Who the attempt_id belongs to. A claim that is false ends the check before
// the attempt plays a part.
std::string CallerId(const CallContext& context) {
  if (const auto* caller = std::get_if<Caller>(&context.who)) {
    return caller->id;
  }
  const auto& claim = std::get<Claim>(context.who);
  return claim.client.has_value() ? db::ToString(*claim.client)
                                  : LocalCaller().id;
}

}  // namespace

Validator::Validator(db::Store& store, const Prover& prover,
                     const KeyedHash& hash, const Catalogue& catalogue,
                     const Clock& clock, Rng& rng, const Options& options)
    : hash_(&hash),
      catalogue_(&catalogue),
      clock_(&clock),
      rng_(&rng),
      places_(store, hash, options.trusted),
      uses_(store),
      hasher_(options.passwords, rng),
      judge_(prover, hash, places_, hasher_.decoy_phc(), options.policy,
             options.budgets),
      cache_(options.cache_bytes),
      warmer_(store, cache_),
      loader_(store),
      committer_(store),
      parts_{.store = &store,
             .loader = &loader_,
             .committer = &committer_,
             .cache = &cache_,
             .judge = &judge_,
             .hash = &hash,
             .catalogue = &catalogue,
             .high_water = &high_water_,
             .places = &places_,
             .uses = &uses_,
             .hasher = &hasher_,
             .prover = &prover,
             .cloud = options.cloud,
             .metrics = &metrics_,
             .lanes = &lanes_,
             .attempt_ttl = options.attempt_ttl} {}

// What waits for a hash still needs the loader.
Validator::~Validator() {
  hasher_.Stop();
}

std::optional<Attempt> Validator::NameAttempt(
    const CallContext& context, std::string_view attempt_id,
    std::initializer_list<std::string_view> question) const {
  if (attempt_id.empty()) {
    return std::nullopt;
  }
  return Attempt{.key = hash_->AttemptKey(CallerId(context), attempt_id),
                 .binding = hash_->AttemptBinding(question)};
}

StatusOr<AskedDevice> Validator::Describe(const LoginDevice& device) const {
  PAWL_RETURN_IF_ERROR(
      CheckAscii("device.type", device.type, 1, kMaxTypeBytes));
  if (device.type.find(' ') != std::string_view::npos) {
    return InvalidField("device.type", "must not have blanks");
  }
  PAWL_RETURN_IF_ERROR(CheckDeviceName("device.name", device.name));
  PAWL_RETURN_IF_ERROR(CheckServices("device.session_services",
                                     device.session_services, *catalogue_));
  AskedDevice asked{.type = std::string(device.type),
                    .name = std::string(device.name)};
  for (const std::string& name : device.session_services) {
    const Service* service = catalogue_->Find(name);
    if (service->kind != ServiceKind::kSync) {
      return InvalidField("device.session_services",
                          "must name sync services only");
    }
    asked.session.push_back(service);
  }
  return asked;
}

Status Validator::Describe(const LoginCheck& check, const CallContext& context,
                           Check::Request& request) const {
  request.allowed = kLogin;
  PAWL_ASSIGN_OR_RETURN(std::string login,
                        NormalizeLogin("account", check.account));
  PAWL_RETURN_IF_ERROR(
      CheckAscii("service", check.service, 0, kMaxServiceBytes));
  PAWL_RETURN_IF_ERROR(CheckCredential("credential", check.credential));
  PAWL_RETURN_IF_ERROR(CheckAttemptId(check.attempt_id));
  request.service = check.service;
  request.audit.event = db::Event::kLoginChecked;
  // A device password is never good at an interactive service, so what looks
  // like one there may be a PIN and a code.
  const Service* service = catalogue_->Find(check.service);
  const bool interactive =
      service != nullptr && service->kind == ServiceKind::kInteractive;
  if (std::optional<DevicePassword> password =
          ReadDevicePassword(check.credential);
      !interactive && password.has_value()) {
    request.question = DeviceQuestion{.user_name = std::move(login),
                                      .password = *std::move(password)};
    return OkStatus();
  }
  LoginQuestion question{.login = std::move(login),
                         .credential = check.credential};
  request.lane = Lanes<Check*>::Of(question.login);
  std::string device;
  if (check.device.has_value()) {
    PAWL_ASSIGN_OR_RETURN(question.device, Describe(*check.device));
    device = question.device->type + " " + question.device->name + "\n" +
             JoinNames(check.device->session_services);
  }
  request.attempt = NameAttempt(
      context, check.attempt_id,
      {"login", question.login, check.service, check.credential, device});
  if (question.device.has_value()) {
    question.device->seed = hash_->SessionSeed(
        request.attempt.has_value() ? request.attempt->key : NewSeed());
  }
  request.question = std::move(question);
  return OkStatus();
}

// Of a session that no attempt names.
std::string Validator::NewSeed() const {
  constexpr size_t kSeedSize = 32;
  std::string seed(kSeedSize, '\0');
  rng_->Fill(std::span(reinterpret_cast<uint8_t*>(seed.data()), seed.size()));
  return seed;
}

Status Validator::Describe(const FreshCodeCheck& check, const CallContext&,
                           Check::Request& request) {
  request.allowed = kSelfService;
  PAWL_ASSIGN_OR_RETURN(std::string login,
                        NormalizeLogin("account", check.account));
  PAWL_RETURN_IF_ERROR(CheckCredential("credential", check.credential));
  request.lane = Lanes<Check*>::Of(login);
  request.question =
      LoginQuestion{.login = std::move(login), .credential = check.credential};
  request.audit.event = db::Event::kLoginChecked;
  request.audit.service = kSelfServiceName;
  return OkStatus();
}

Status Validator::Describe(const ConfirmationCheck& check, const CallContext&,
                           Check::Request& request) {
  request.allowed = kSelfService;
  PAWL_RETURN_IF_ERROR(CheckCredential("code", check.code));
  request.lane = Lanes<Check*>::Of(db::ToString(check.token));
  request.question = OtpQuestion{.otp = Trim(check.code),
                                 .token = check.token,
                                 .confirming = check.account};
  request.audit.event = db::Event::kTokenConfirmed;
  request.audit.service = kSelfServiceName;
  return OkStatus();
}

Status Validator::Describe(const DeviceCheck& check, const CallContext&,
                           Check::Request& request) {
  request.allowed = kLogin;
  PAWL_ASSIGN_OR_RETURN(std::string name,
                        NormalizeLogin("user_name", check.user_name));
  std::optional<DevicePassword> password = ReadDevicePassword(check.password);
  if (!password.has_value()) {
    return InvalidField("password", "is not a device password");
  }
  request.question = DeviceQuestion{.user_name = std::move(name),
                                    .password = *std::move(password)};
  request.audit.event = db::Event::kLoginChecked;
  return OkStatus();
}

Status Validator::Describe(const OtpCheck& check, const CallContext& context,
                           Check::Request& request) const {
  request.allowed = kLogin;
  PAWL_RETURN_IF_ERROR(CheckCredential("otp", check.otp));
  const std::optional<db::TokenId> token =
      db::ParseId<db::TokenTag>(check.token_id);
  if (!check.token_id.empty() && !token.has_value()) {
    return InvalidField("token_id", "is not a token id");
  }
  PAWL_RETURN_IF_ERROR(CheckAttemptId(check.attempt_id));
  const std::string_view otp = Trim(check.otp);
  request.lane =
      Lanes<Check*>::Of(token.has_value() ? check.token_id : NameIn(otp));
  OtpQuestion question{.otp = otp, .token = token};
  std::string attempt_id(check.attempt_id);
  if (!check.nonce.empty()) {
    question.nonce_mark = hash_->NonceMark(otp, check.nonce);
    attempt_id = "nonce " + std::to_string(*question.nonce_mark);
  }
  request.attempt =
      NameAttempt(context, attempt_id, {"otp", check.token_id, check.otp});
  request.question = question;
  request.audit.event = db::Event::kOtpChecked;
  return OkStatus();
}

Status Validator::Describe(const ResyncCheck& check, const CallContext&,
                           Check::Request& request) {
  request.allowed = kAdmin;
  PAWL_RETURN_IF_ERROR(
      CheckAscii("first_code", check.first_code, 1, kMaxCodeBytes));
  PAWL_RETURN_IF_ERROR(
      CheckAscii("second_code", check.second_code, 1, kMaxCodeBytes));
  request.lane = Lanes<Check*>::Of(db::ToString(check.token));
  request.question = ResyncQuestion{.token = check.token,
                                    .first_code = check.first_code,
                                    .second_code = check.second_code};
  request.audit.event = db::Event::kTokenResynced;
  return OkStatus();
}

template <typename Asked>
void Validator::Start(const Asked& asked, CallContext context, Done done) {
  Check::Request request;
  request.audit.at = clock_->Now();  // V1
  request.refused = Describe(asked, context, request);
  if (request.refused.ok()) {
    request.refused = CheckAscii("client_address", context.client_address, 0,
                                 kMaxAddressBytes);
  }
  request.audit.client_address = std::move(context.client_address);
  request.context = std::move(context);
  request.done = std::move(done);
  Check::Start(parts_, std::move(request));
}

void Validator::CheckLogin(const LoginCheck& check, CallContext context,
                           Done done) {
  Start(check, std::move(context), std::move(done));
}

void Validator::ValidateOtp(const OtpCheck& check, CallContext context,
                            Done done) {
  Start(check, std::move(context), std::move(done));
}

void Validator::CheckFreshCode(const FreshCodeCheck& check, CallContext context,
                               Done done) {
  Start(check, std::move(context), std::move(done));
}

void Validator::ConfirmToken(const ConfirmationCheck& check,
                             CallContext context, Done done) {
  Start(check, std::move(context), std::move(done));
}

void Validator::CheckDevice(const DeviceCheck& check, CallContext context,
                            Done done) {
  Start(check, std::move(context), std::move(done));
}

void Validator::ResyncToken(const ResyncCheck& check, CallContext context,
                            Done done) {
  Start(check, std::move(context), std::move(done));
}

StatusOr<Answered> Await(const std::function<void(Done done)>& ask) {
  return AwaitAnswer<Answered>(ask);
}

}  // namespace pawl::validator
