package io.chom;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/** docs/requirements.md names tests that exist and run. */
class RequirementsTests {
  private static final int MOST_ROWS_OF_ONE_TEST = 8;
  private static final Path TESTS = Path.of("src/test/java");
  private static final String SUPERSEDED = "superseded";

  private final List<Row> rows = read();
  private final Map<String, String> classes = classes();

  private record Row(String id, String place, String test, String note) {}

  @Test
  void everyIdIsWellFormedAndListedOnce() {
    assertThat(rows).isNotEmpty();
    assertThat(rows).allSatisfy(row -> assertThat(row.id()).matches("[CS]-\\d{3}"));
    var seen = new HashSet<String>();
    assertThat(rows).extracting(Row::id)
        .allSatisfy(id -> assertThat(seen.add(id)).as("%s is listed once", id).isTrue());
  }

  @Test
  void everyNamedTestExistsAndIsEnabled() {
    var problems = new TreeMap<String, String>();
    for (var row : rows) {
      var problem = SUPERSEDED.equals(row.test()) ? withoutReason(row) : problemOf(row.test());
      if (problem != null) {
        problems.put(row.id(), problem);
      }
    }
    assertThat(problems).isEmpty();
  }

  @Test
  void noTestStandsForMoreRowsThanItCanShow() {
    var counted = rows.stream().map(Row::test).filter(test -> !SUPERSEDED.equals(test))
        .collect(groupingBy(test -> test, counting()));
    assertThat(counted).allSatisfy((test, count) -> assertThat(count).as(test)
        .isLessThanOrEqualTo(MOST_ROWS_OF_ONE_TEST));
  }

  private static @Nullable String withoutReason(Row row) {
    return row.note().isBlank() ? "superseded without a reason" : null;
  }

  private @Nullable String problemOf(String test) {
    int file = test.indexOf(".bats: ");
    return file > 0
        ? problemOfBats(test.substring(0, file + ".bats".length()), test.substring(file + ".bats: ".length()))
        : problemOfMethod(test);
  }

  private static @Nullable String problemOfBats(String file, String name) {
    try {
      var lines = Files.readAllLines(Path.of("src/test", file));
      int at = lines.indexOf("@test \"" + name + "\" {");
      if (at < 0) {
        return file + " has no test \"" + name + "\"";
      }
      return at + 1 < lines.size() && lines.get(at + 1).strip().startsWith("skip") ? name + " is skipped" : null;
    } catch (IOException e) {
      return "there is no file " + file;
    }
  }

  private @Nullable String problemOfMethod(String test) {
    int dot = test.indexOf('.');
    var name = dot < 0 ? null : classes.get(test.substring(0, dot));
    if (name == null) {
      return "no class, or more than one, has the name in " + test;
    }
    try {
      var type = Class.forName(name, false, getClass().getClassLoader());
      var method = methods(type).filter(one -> one.getName().equals(test.substring(dot + 1)))
          .filter(one -> AnnotationSupport.isAnnotated(one, Testable.class)).findFirst();
      if (method.isEmpty()) {
        return test + " is not a test";
      }
      return disabled(type) || disabled(method.get()) ? test + " is disabled" : null;
    } catch (ClassNotFoundException e) {
      return name + " is not on the test class path";
    }
  }

  private static Stream<Method> methods(Class<?> type) {
    return Stream.<Class<?>>iterate(type, one -> one != null, Class::getSuperclass)
        .flatMap(one -> Arrays.stream(one.getDeclaredMethods()));
  }

  private static boolean disabled(AnnotatedElement element) {
    return Stream.of(element.getAnnotations()).map(Annotation::annotationType)
        .anyMatch(type -> type == Disabled.class || type.getSimpleName().startsWith("Disabled"));
  }

  /** Simple names of test classes that are there once, with their full names. */
  private static Map<String, String> classes() {
    var found = new TreeMap<String, String>();
    var twice = new TreeSet<String>();
    try (var files = Files.walk(TESTS)) {
      files.filter(file -> file.toString().endsWith(".java")).forEach(file -> {
        var full = TESTS.relativize(file).toString().replace(".java", "").replace('/', '.');
        var simple = full.substring(full.lastIndexOf('.') + 1);
        if (found.put(simple, full) != null) {
          twice.add(simple);
        }
      });
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    twice.forEach(found::remove);
    return found;
  }

  private static List<Row> read() {
    try {
      return Files.readAllLines(Path.of("docs/requirements.md")).stream()
          .filter(line -> line.startsWith("| ") && !line.startsWith("| id "))
          .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
          .map(cells -> {
            assertThat(cells).as("four columns: %s", cells).hasSize(6);
            return new Row(cells.get(1), cells.get(2), cells.get(3).replace("`", ""), cells.get(4));
          }).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
