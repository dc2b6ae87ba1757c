#include "validator/wiring.h"

#include <optional>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "base/key_access.h"
#include "base/log.h"
#include "db/open.h"
#include "validator/cloud/yubicloud.h"
#include "validator/version.h"

namespace pawl::validator {
namespace {

constexpr Millis kProbeInterval = std::chrono::seconds(2);
constexpr Millis kStopGrace = std::chrono::seconds(5);

StatusOr<std::string> ReadPem(const std::filesystem::path& path) {
  if (path.empty()) {
    return std::string();
  }
  PAWL_ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  if (text.find("-----BEGIN ") == std::string::npos) {
    return FailedPrecondition(path.string() + " is not a PEM file");
  }
  return text;
}

StatusOr<std::optional<TlsMaterial>> ReadTls(const Config& config) {
  if (config.tls_cert.empty()) {
    return std::optional<TlsMaterial>();
  }
  TlsMaterial tls;
  PAWL_ASSIGN_OR_RETURN(tls.certificate, ReadPem(config.tls_cert));
  PAWL_ASSIGN_OR_RETURN(const SecretBytes key, ReadPrivateFile(config.tls_key));
  tls.private_key = AsText(key.Reveal(GrantKeyAccess()));
  PAWL_ASSIGN_OR_RETURN(tls.client_ca, ReadPem(config.tls_client_ca));
  return std::optional<TlsMaterial>(std::move(tls));
}

// The lock lies beside the database, under its real name, because it is the
// database that two servers must not share (ADR 0004).
std::filesystem::path LockPath(const Config& config) {
  constexpr std::string_view kScheme = "sqlite:";
  if (config.store.rfind(kScheme, 0) != 0) {
    return config.data_dir / "pawld.lock";
  }
  std::error_code ignored;
  std::filesystem::path path = std::filesystem::weakly_canonical(
      config.store.substr(kScheme.size()), ignored);
  return path += ".lock";
}

// A store that has secrets already needs the key they were sealed with: a new
// one would only stand in the way of the right one.
StatusOr<db::Sealer> OpenSealer(db::Store& store,
                                const std::filesystem::path& path, Rng& rng) {
  PAWL_ASSIGN_OR_RETURN(const bool is_new, KeyedHash::IsNew(store));
  StatusOr<db::Sealer> sealer =
      db::Sealer::FromFile(path, /*create=*/is_new, rng);
  if (sealer.status().code() == StatusCode::kNotFound) {
    return FailedPrecondition("the master key of this store is missing: " +
                              path.string());
  }
  return sealer;
}

// The key is in the form that the server's operator gave it: base64.
StatusOr<std::unique_ptr<Cloud>> OpenCloud(const Config& config, Rng& rng) {
  if (config.yubicloud_urls.empty()) {
    return std::unique_ptr<Cloud>();
  }
  PAWL_ASSIGN_OR_RETURN(const SecretBytes file,
                        ReadPrivateFile(config.yubicloud_key_file));
  std::string_view text = AsText(file.Reveal(GrantKeyAccess()));
  while (text.ends_with('\n') || text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  std::optional<Bytes> key = Base64Decode(text);
  if (!key.has_value() || key->empty()) {
    return FailedPrecondition(config.yubicloud_key_file.string() +
                              " is not a key in base64");
  }
  return std::unique_ptr<Cloud>(std::make_unique<Yubicloud>(
      Yubicloud::Options{.urls = config.yubicloud_urls,
                         .client = config.yubicloud_client,
                         .key = SecretBytes(std::move(*key)),
                         .ca_file = config.yubicloud_ca_file,
                         .timeout = config.yubicloud_timeout},
      rng));
}

}  // namespace

App::App(FileLock lock, db::Sealer sealer, std::unique_ptr<db::Store> store,
         KeyedHash hash, std::unique_ptr<SystemRng> rng,
         std::unique_ptr<Cloud> cloud, const Config& config)
    : rng_(std::move(rng)),
      lock_(std::move(lock)),
      sealer_(std::move(sealer)),
      store_(std::move(store)),
      hash_(std::move(hash)),
      prover_(sealer_, hash_, *rng_),
      catalogue_(config.catalogue),
      cloud_(std::move(cloud)),
      validator_(*store_, prover_, hash_, catalogue_, clock_, *rng_,
                 {.policy = {.throttle = config.throttle,
                             .default_policy = config.default_policy,
                             .session_ttl = config.session_ttl},
                  .budgets = {.place = config.throttle},
                  .trusted = config.trusted_sources,
                  .passwords = {.threads = config.password_threads},
                  .attempt_ttl = config.attempt_ttl,
                  .cloud = cloud_.get()}),
      accounts_(Parts(), validator_.hasher(),
                {.pin_min_length = config.pin_min_length,
                 .default_policy = config.default_policy,
                 .default_device_passwords = config.device_passwords,
                 .budgets = {.place = config.throttle}}),
      tokens_(Parts()),
      registration_(Parts()),
      clients_(Parts(), catalogue_),
      devices_(Parts(), catalogue_),
      recovery_(Parts()),
      self_service_({.validator = &validator_,
                     .accounts = &accounts_,
                     .tokens = &tokens_,
                     .registration = &registration_,
                     .recovery = &recovery_}),
      help_desk_(Parts(), prover_, catalogue_, config.throttle),
      readiness_(*store_, clock_) {}

AdminParts App::Parts() {
  return {.store = store_.get(),
          .sealer = &sealer_,
          .hash = &hash_,
          .clock = &clock_,
          .rng = rng_.get()};
}

StatusOr<std::unique_ptr<App>> App::Start(const Config& config) {
  SetLogSeverity(config.log_level);
  PAWL_RETURN_IF_ERROR(EnsurePrivateDirectory(config.data_dir));
  PAWL_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(LockPath(config)));
  auto rng = std::make_unique<SystemRng>();
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<db::Store> store,
                        db::OpenStore(config.store));
  PAWL_ASSIGN_OR_RETURN(db::Sealer sealer,
                        OpenSealer(*store, config.master_key, *rng));
  PAWL_ASSIGN_OR_RETURN(KeyedHash hash,
                        KeyedHash::FromStore(*store, sealer, *rng));
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Cloud> cloud, OpenCloud(config, *rng));
  std::unique_ptr<App> app(new App(std::move(lock), std::move(sealer),
                                   std::move(store), std::move(hash),
                                   std::move(rng), std::move(cloud), config));
  PAWL_RETURN_IF_ERROR(app->Serve(config));
  return app;
}

Status App::Serve(const Config& config) {
  listen_.host = config.listen_host;
  listen_.port = config.listen_port;
  http_listen_.host = config.http_host;
  PAWL_ASSIGN_OR_RETURN(std::optional<TlsMaterial> tls, ReadTls(config));
  const Services services{.validator = &validator_,
                          .accounts = &accounts_,
                          .tokens = &tokens_,
                          .registration = &registration_,
                          .clients = &clients_,
                          .devices = &devices_,
                          .recovery = &recovery_,
                          .self_service = &self_service_,
                          .help_desk = &help_desk_,
                          .catalogue = &catalogue_,
                          .store = store_.get(),
                          .hash = &hash_,
                          .clock = &clock_,
                          .readiness = &readiness_,
                          .listen = &listen_,
                          .http_listen = &http_listen_,
                          .throttle = config.throttle,
                          .master_key_id = sealer_.key_id(),
                          .version = std::string(kVersion),
                          .started = clock_.Now()};
  PAWL_ASSIGN_OR_RETURN(
      server_,
      GrpcServer::Start({.tls = tls, .socket = config.socket}, services));
  WatchMetrics();
  if (!config.http_host.empty()) {
    PAWL_RETURN_IF_ERROR(ServeHttp(config, services, std::move(tls)));
  }
  readiness_.Start(kProbeInterval,
                   [this](bool ready) { server_->SetReady(ready); });
  Log(Severity::kInfo, "serving")
      .With("listen", listen_.Text())
      .With("http", config.http_host.empty() ? "" : http_listen_.Text())
      .With("socket", config.socket.string())
      .With("engine", store_->Engine())
      .With("version", kVersion);
  validator_.WarmUp();
  return OkStatus();
}

Status App::ServeHttp(const Config& config, const Services& services,
                      std::optional<TlsMaterial> tls) {
  if (!config.http_tls) {
    tls.reset();
  }
  http_doors_ = std::make_unique<HttpDoors>(
      services, server_->LocalChannel(),
      HttpDoors::Options{.basic_paths = config.http_basic_paths,
                         .sign_in_service = config.http_device_sign_in});
  PAWL_ASSIGN_OR_RETURN(
      http_, HttpServer::Start(
                 {.host = config.http_host,
                  .port = config.http_port,
                  .tls = std::move(tls),
                  .plaintext_beyond_loopback = config.http_plaintext_anywhere},
                 [doors = http_doors_.get()](const HttpRequest& request,
                                             Respond respond) {
                   doors->Serve(request, std::move(respond));
                 }));
  http_listen_.port = http_->port();
  return OkStatus();
}

void App::WatchMetrics() {
  using enum Metrics::Kind;
  Metrics& metrics = validator_.metrics();
  metrics.Watch(kGauge, "pawl_ready",
                "1: the last test write reached the store.",
                [this] { return readiness_.Last().ok() ? 1.0 : 0.0; });
  metrics.Watch(
      kCounter, "pawl_commits_total", "Checks handed to the store.",
      [this] { return static_cast<double>(validator_.Counts().commits); });
  metrics.Watch(
      kCounter, "pawl_commit_batches_total",
      "Batches in which they were; the ratio is the batch size.",
      [this] { return static_cast<double>(validator_.Counts().batches); });
  metrics.Watch(kGauge, "pawl_start_time_seconds", "When pawld started.",
                [started = clock_.Now()] {
                  return static_cast<double>(ToUnixSeconds(started));
                });
}

App::~App() {
  Stop();
}

void App::Stop() {
  readiness_.Stop();
  if (http_ != nullptr) {
    http_->Stop(kStopGrace);
    http_.reset();
  }
  http_doors_.reset();
  if (server_ != nullptr) {
    server_->Stop(kStopGrace);
    server_.reset();
    Log(Severity::kInfo, "stopped");
  }
}

}  // namespace pawl::validator
