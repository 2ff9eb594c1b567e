package io.chom.servers;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.chom.common.Uuid7;
import io.chom.secrets.SecretBox;
import java.util.Optional;
import org.springframework.stereotype.Component;
import tools.jackson.databind.ObjectMapper;

/**
 * Enrolment logins between approval and use: in this process's memory only, sealed, for a few minutes. They are in no
 * table, no payload and no log; a panel that dies forgets them, and the person is asked again.
 */
@Component
class EnrolmentLogins {
  /** Tells this process from others and from its own earlier lives. */
  private final String node = Uuid7.next().toString();
  private final SecretBox secrets;
  private final ObjectMapper json;
  private final Cache<EnrolmentId, String> sealed;

  EnrolmentLogins(SecretBox secrets, ObjectMapper json, ServersProperties properties) {
    this.secrets = secrets;
    this.json = json;
    // the scheduler lets them go in time even if nobody asks again
    this.sealed = Caffeine.newBuilder().expireAfterWrite(properties.loginTime()).maximumSize(1_000)
        .scheduler(Scheduler.systemScheduler()).build();
  }

  String node() {
    return node;
  }

  void keep(EnrolmentId enrolment, EnrolmentLogin login) {
    sealed.put(enrolment, secrets.seal(json.writeValueAsString(login), context(enrolment)));
  }

  Optional<EnrolmentLogin> find(EnrolmentId enrolment) {
    return Optional.ofNullable(sealed.getIfPresent(enrolment))
        .map(text -> json.readValue(secrets.open(text, context(enrolment)), EnrolmentLogin.class));
  }

  void forget(EnrolmentId enrolment) {
    sealed.invalidate(enrolment);
  }

  private static String context(EnrolmentId enrolment) {
    return "enrolment:" + enrolment;
  }
}
