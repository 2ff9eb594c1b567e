package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.NewToken;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.accounts.TokenView;
import io.chom.accounts.Tokens;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The tenant's API tokens. */
@Tag(name = "Tokens")
@RestController
@RequestMapping("/api/v1/tokens")
class TokensApi {
  private final Tokens tokens;

  TokensApi(Tokens tokens) {
    this.tokens = tokens;
  }

  record WantedToken(@NotNull @Size(max = 200) String name,
      @NotNull @Size(max = 50) Set<@NotNull @Size(max = 50) String> scopes,
      @Nullable Instant expiresAt) {}

  /** @param token shown here and never again */
  record FreshToken(UUID id, String token) {}

  record TokenBody(UUID id, String name, UUID ownerId, List<String> scopes, Instant createdAt,
      @Nullable Instant expiresAt, @Nullable Instant lastUsedAt, @Nullable Instant revokedAt) {
    static TokenBody of(TokenView token) {
      return new TokenBody(token.id(), token.name(), token.owner().value(), token.scopes(), token.createdAt(),
          token.expiresAt(), token.lastUsedAt(), token.revokedAt());
    }
  }

  @Operation(summary = "List tokens, newest first; the tokens themselves are not kept")
  @GetMapping
  @Requires(Permission.TOKENS_READ)
  Page<TokenBody> list() {
    return new Page<>(tokens.list().stream().map(TokenBody::of).toList(), null);
  }

  @Operation(summary = "Make a token", description = "The answer holds the token itself, this once.")
  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  @Requires(Permission.TOKENS_WRITE)
  FreshToken create(@RequestBody @Valid WantedToken wanted, Caller caller) {
    var created = tokens.create(caller, new NewToken(wanted.name(), wanted.scopes(), wanted.expiresAt()));
    return new FreshToken(created.id(), created.token());
  }

  @Operation(summary = "Revoke a token")
  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Requires(Permission.TOKENS_WRITE)
  void revoke(@PathVariable UUID id, Caller caller) {
    tokens.revoke(caller, id);
  }
}
