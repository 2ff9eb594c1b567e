package io.chom.accounts;

/** A person to be made. */
public record NewUser(String email, String name, String password, boolean operator) {
  @Override
  public String toString() {
    return "NewUser[" + email + "]";
  }
}
