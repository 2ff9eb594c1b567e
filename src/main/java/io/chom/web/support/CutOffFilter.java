package io.chom.web.support;

import io.chom.backups.DownloadCutOff;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.ClientAbortException;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Ends an answer that must not look whole: its controller leaves the reason in a request attribute of its name. Of all
 * exceptions only this one makes the container close the connection with nothing after what was sent, neither a page nor
 * the body's proper end; and within the dispatcher it would be taken for a reader who has left.
 */
@Component
class CutOffFilter extends OncePerRequestFilter {

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    chain.doFilter(request, response);
    if (request.getAttribute(DownloadCutOff.ATTRIBUTE) instanceof DownloadCutOff why) {
      throw new ClientAbortException(why.getMessage());
    }
  }
}
