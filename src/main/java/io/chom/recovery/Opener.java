package io.chom.recovery;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A passphrase, with the keys that were last made of it: to make them is work on purpose, and one file is read twice. */
final class Opener {
  private final String passphrase;
  private byte @Nullable [] salt;
  private SealKeys.@Nullable Cost cost;
  private @Nullable SealKeys keys;

  Opener(String passphrase) {
    this.passphrase = passphrase;
  }

  SealKeys keys(byte[] wantedSalt, SealKeys.Cost wantedCost) {
    var known = keys;
    if (known == null || !Arrays.equals(wantedSalt, salt) || !wantedCost.equals(cost)) {
      known = SealKeys.of(passphrase, wantedSalt, wantedCost);
      keys = known;
      salt = wantedSalt;
      cost = wantedCost;
    }
    return known;
  }
}
