package io.chom.web.security;

import io.chom.accounts.Accounts;
import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.billing.Plans;
import io.chom.tenancy.TenantId;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.annotation.web.configurers.HeadersConfigurer;
import org.springframework.security.config.annotation.web.configurers.SessionManagementConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;

/** Who may ask at all. What for, {@link RightsInterceptor} holds every controller to. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WebSecurityProperties.class)
class SecurityConfiguration {
  private static final String CONTENT_POLICY = "default-src 'self'; script-src 'self'; style-src 'self';"
      + " img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
  // the login page by its path: the form's own permission would not cover /login?error and /login?logout
  private static final String[] SEEN_BY_ALL = {"/login", "/css/**", "/js/**", "/fonts/**", "/webjars/**",
      "/favicon.svg",
      "/favicon.ico", "/icons.svg", "/robots.txt"};
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  private final WebSecurityProperties settings;

  SecurityConfiguration(WebSecurityProperties settings) {
    this.settings = settings;
  }

  @Bean
  @Order(0)
  SecurityFilterChain scrapeSecurity(HttpSecurity http, RateLimits limits,
      @Value("${chom.scrape.token:}") String token) {
    return headers(http.securityMatcher("/metrics/targets", "/metrics/targets/**", "/metrics/scrape/**"))
        .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .csrf(AbstractHttpConfigurer::disable).requestCache(AbstractHttpConfigurer::disable)
        .logout(AbstractHttpConfigurer::disable)
        .authorizeHttpRequests(ask -> ask.requestMatchers(HttpMethod.GET, "/**").permitAll()
            .dispatcherTypeMatchers(DispatcherType.ERROR).permitAll().anyRequest().denyAll())
        .addFilterBefore(new ScrapeTokenFilter(token, limits), AuthorizationFilter.class).build();
  }

  @Bean
  @Order(1)
  SecurityFilterChain measurementsSecurity(HttpSecurity http, BearerTokens callers, ApiAnswers answers) {
    return api(http.securityMatcher("/actuator/**"), callers, answers)
        .authorizeHttpRequests(ask -> ask.requestMatchers(HttpMethod.GET, "/actuator/health", "/actuator/health/**")
            .permitAll().anyRequest().access((asked, _) -> new AuthorizationDecision(runsThePlatform(asked))))
        .build();
  }

  @Bean
  @Order(2)
  SecurityFilterChain apiSecurity(HttpSecurity http, BearerTokens callers, ApiAnswers answers, RateLimits limits,
      Plans plans) {
    return api(http.securityMatcher("/api/**"), callers, answers)
        .authorizeHttpRequests(ask -> ask.dispatcherTypeMatchers(DispatcherType.ASYNC, DispatcherType.ERROR).permitAll()
            .anyRequest().authenticated())
        .addFilterAfter(new TenantFilter(), AuthorizationFilter.class)
        .addFilterAfter(new ApiRateFilter(limits, plans, answers), TenantFilter.class).build();
  }

  @Bean
  @Order(3)
  SecurityFilterChain pageSecurity(HttpSecurity http, SignedInSessions sessions, PasswordSignIn passwords, WayIn wayIn,
      RateLimits limits, Accounts accounts) {
    return headers(http).securityContext(context -> context.securityContextRepository(sessions))
        .authenticationProvider(passwords).requestCache(AbstractHttpConfigurer::disable)
        .csrf(csrf -> csrf.csrfTokenRepository(new SessionCsrfTokens()))
        .formLogin(form -> form.loginPage("/login").successHandler(wayIn)
            .failureHandler((_, response, _) -> response.sendRedirect("/login?error")).permitAll())
        .logout(logout -> logout.addLogoutHandler(new SignOut(accounts))
            .logoutSuccessHandler((_, response, _) -> response.sendRedirect("/login?logout")))
        .exceptionHandling(handling -> handling.authenticationEntryPoint(wayIn))
        .authorizeHttpRequests(ask -> ask
            .dispatcherTypeMatchers(DispatcherType.ASYNC, DispatcherType.ERROR, DispatcherType.FORWARD).permitAll()
            .requestMatchers(HttpMethod.GET, SEEN_BY_ALL).permitAll()
            .requestMatchers(HttpMethod.POST, "/preferences").permitAll().anyRequest().authenticated())
        .addFilterBefore(new LoginRateFilter(limits, settings.loginsPerMinute()),
            UsernamePasswordAuthenticationFilter.class)
        .addFilterAfter(new TenantFilter(), AuthorizationFilter.class).build();
  }

  private HttpSecurity api(HttpSecurity http, BearerTokens callers, ApiAnswers answers) {
    return headers(http).securityContext(context -> context.securityContextRepository(callers))
        // nobody signs in here: a new id for the session would shut out what else the page is asking for meanwhile
        .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.NEVER)
            .sessionFixation(SessionManagementConfigurer.SessionFixationConfigurer::none))
        .requestCache(AbstractHttpConfigurer::disable).logout(AbstractHttpConfigurer::disable)
        .csrf(csrf -> csrf.csrfTokenRepository(new SessionCsrfTokens())
            .requireCsrfProtectionMatcher(SecurityConfiguration::changesByCookieAlone))
        .exceptionHandling(handling -> handling.authenticationEntryPoint(answers).accessDeniedHandler(answers));
  }

  /** A browser sends its cookie also for forms of other sites; a token it does not. */
  private static boolean changesByCookieAlone(HttpServletRequest request) {
    return !READING.contains(request.getMethod()) && request.getHeader(HttpHeaders.AUTHORIZATION) == null
        && request.getSession(false) != null;
  }

  /** The panel's own figures are for those who run it, in a browser or with a token that may read the fleet. */
  private static boolean runsThePlatform(Supplier<? extends @Nullable Authentication> asked) {
    var authentication = asked.get();
    return authentication != null && authentication.getPrincipal() instanceof Caller caller && caller.operator()
        && (caller.token() == null || caller.tenant().equals(TenantId.PLATFORM))
        && caller.can(Permission.FLEET_READ);
  }

  private HttpSecurity headers(HttpSecurity http) {
    return http.headers(headers -> headers.contentSecurityPolicy(policy -> policy.policyDirectives(CONTENT_POLICY))
        .contentTypeOptions(Customizer.withDefaults()).frameOptions(HeadersConfigurer.FrameOptionsConfig::deny)
        .httpStrictTransportSecurity(
            hsts -> hsts.requestMatcher(request -> settings.https() || request.isSecure()).maxAgeInSeconds(31_536_000))
        .referrerPolicy(policy -> policy.policy(ReferrerPolicy.SAME_ORIGIN))
        .crossOriginOpenerPolicy(Customizer.withDefaults())
        .permissionsPolicyHeader(
            policy -> policy.policy("camera=(), geolocation=(), microphone=(), payment=(), usb=()")));
  }
}
