package io.chom.metrics;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chom.agent.AgentCommand;
import io.chom.servers.ServerId;
import io.chom.servers.ServerQuestions;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Asks each server once for all that are asked about it within a few seconds: the one who comes first asks, the others
 * wait for its answer, also where that is none.
 */
@Component
class ServerFigures {
  private static final int SERVERS = 2000;

  private final ServerQuestions questions;
  private final ScrapeProperties properties;
  private final Cache<ServerId, CompletableFuture<JsonNode>> answers;

  ServerFigures(ServerQuestions questions, ScrapeProperties properties) {
    this.questions = questions;
    this.properties = properties;
    this.answers = Caffeine.newBuilder().maximumSize(SERVERS).expireAfterWrite(properties.shared()).build();
  }

  /** @param tenant one that the server belongs to or that has a place on it */
  JsonNode of(ServerId server, TenantId tenant) {
    var mine = new CompletableFuture<JsonNode>();
    var answer = answers.get(server, _ -> mine);
    if (answer == mine) {
      try {
        mine.complete(TenantContext.callAs(tenant,
            () -> questions.ask(server, AgentCommand.of("monitor:scrape"), properties.limit())));
      } catch (RuntimeException e) {
        mine.completeExceptionally(e);
      }
    }
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException why ? why : e;
    }
  }
}
