package io.chom.web.security;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Sessions in Redis, which alone says when one has been idle for too long: by its own clock and the time since the last
 * visit. A node whose clock is wrong ends nobody's session and makes none eternal. (The library's repository dates the
 * end by the node's clock, and deletes what that clock calls too old.)
 */
final class RedisSessions {
  private static final String KEY = "chom:session:sessions:";

  /**
   * Changes a session whole, under its old or a new id, and lets its idle time begin again. One that is gone stays gone:
   * somebody signed out meanwhile. ARGV: whether it is new, its idle time, how many fields go, those, then field and
   * value by turns.
   */
  private static final RedisScript<Long> SAVE = RedisScript.of("""
      if ARGV[1] == '0' and redis.call('exists', KEYS[1]) == 0 then return 0 end
      if KEYS[1] ~= KEYS[2] and ARGV[1] == '0' then redis.call('rename', KEYS[1], KEYS[2]) end
      local gone = tonumber(ARGV[3])
      for i = 4, 3 + gone do redis.call('hdel', KEYS[2], ARGV[i]) end
      for i = 4 + gone, #ARGV, 2 do redis.call('hset', KEYS[2], ARGV[i], ARGV[i + 1]) end
      redis.call('pexpire', KEYS[2], ARGV[2])
      return 1
      """, Long.class);

  private final RedisTemplate<String, Object> redis = new RedisTemplate<>();
  private final SessionValues values = new SessionValues();
  private final Duration idle;

  RedisSessions(RedisConnectionFactory connections, Duration idle) {
    this.idle = idle;
    redis.setKeySerializer(RedisSerializer.string());
    redis.setHashKeySerializer(RedisSerializer.string());
    redis.setHashValueSerializer(values);
    redis.setValueSerializer(RedisSerializer.byteArray());
    redis.setConnectionFactory(connections);
    redis.afterPropertiesSet();
  }

  KeptSession create() {
    return KeptSession.create(idle);
  }

  @Nullable
  KeptSession find(String id) {
    Map<Object, Object> fields = redis.opsForHash().entries(KEY + id);
    return fields.isEmpty() ? null : KeptSession.of(id, fields);
  }

  /** @return whether it is kept; not when it was ended meanwhile */
  boolean save(KeptSession session) {
    var gone = new ArrayList<Object>();
    var set = new ArrayList<Object>();
    session.changes().forEach((field, value) -> {
      if (value == null) {
        gone.add(bytes(field));
      } else {
        set.add(bytes(field));
        set.add(values.serialize(value));
      }
    });
    var words = new ArrayList<Object>(List.of(bytes(session.fresh() ? "1" : "0"),
        bytes(Long.toString(session.values().getMaxInactiveInterval().toMillis())),
        bytes(Integer.toString(gone.size()))));
    words.addAll(gone);
    words.addAll(set);
    var kept = redis.execute(SAVE, List.of(KEY + session.keptAs(), KEY + session.values().getId()), words.toArray());
    session.written();
    return Long.valueOf(1).equals(kept);
  }

  void delete(String id) {
    redis.delete(KEY + id);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
