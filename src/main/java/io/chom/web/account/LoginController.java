package io.chom.web.account;

import io.chom.accounts.Open;
import io.chom.web.support.Phrasebook;
import io.chom.web.support.Toast;
import io.chom.web.support.Words;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Shows the login page; what is typed there goes to the security filters. */
@Controller
class LoginController {
  private final Phrasebook phrasebook;

  LoginController(Phrasebook phrasebook) {
    this.phrasebook = phrasebook;
  }

  @Open
  @GetMapping("/login")
  String login(@RequestParam @Nullable String error, @RequestParam @Nullable String logout,
      @Nullable Principal known, CsrfToken form, Model model) {
    if (known != null) {
      return "redirect:/";
    }
    form.getToken(); // asks for the session now: in the middle of the page it would be too late to say it is away
    model.addAttribute("login", new LoginPage("", notice(phrasebook.here(), error != null, logout != null)));
    return "account/login";
  }

  private static @Nullable Toast notice(Words words, boolean failed, boolean left) {
    if (failed) {
      return Toast.bad(words.say("login.failed"));
    }
    return left ? Toast.ok(words.say("login.signed-out")) : null;
  }
}
