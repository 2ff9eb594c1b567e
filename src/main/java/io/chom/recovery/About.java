package io.chom.recovery;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a copy holds, told at its beginning.
 *
 * @param schema the migrations that had made the database, in their order
 * @param tables whose rows follow, in this order
 */
record About(List<Migration> schema, List<Table> tables) {
  static final String PART = "about";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** One migration that was carried out. */
  record Migration(String version, @Nullable Integer checksum) {}

  /** A table with the columns that are copied. */
  record Table(String name, List<String> columns) {}

  /** The next number a sequence gives, as PostgreSQL keeps it. */
  record Sequence(String name, long last, boolean called) {}

  /** What cannot be made anew and is not in the database. */
  record Keys(String masterKey) {
    static final String PART = "keys";

    @Override
    public String toString() {
      return "Keys[***]";
    }
  }

  /** The end of a copy: how many rows of each table there were to be read. */
  record End(List<Sequence> sequences, Map<String, Long> rows) {
    static final String PART = "end";
  }

  static byte[] bytes(Object value) {
    return JSON.writeValueAsBytes(value);
  }

  static <T> T read(byte[] text, Class<T> type) {
    return JSON.readValue(text, type);
  }

  String newest() {
    return schema.getLast().version();
  }
}
