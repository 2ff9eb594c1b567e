package io.chom.launch;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/** Finds the setting that a mistyped name was probably meant to be. */
final class NearestName {
  private static final int TOO_FAR = 8;

  private NearestName() {}

  static Optional<Setting> exact(String name) {
    return Arrays.stream(Setting.values()).filter(setting -> setting.name().equals(name)).findFirst();
  }

  static String warning(String name) {
    var nearest = Arrays.stream(Setting.values())
        .min(Comparator.comparingInt(setting -> distance(name, setting.name())))
        .filter(setting -> distance(name, setting.name()) < TOO_FAR);
    return name + " is not a setting of CHOM and is ignored."
        + nearest.map(setting -> " Did you mean " + setting + "?").orElse(" See .env.example for all of them.");
  }

  // Levenshtein, one row at a time
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
