package io.chom;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.targetOwner;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.modulith.core.ApplicationModules;
import org.springframework.modulith.docs.Documenter;

/** The picture in docs/architecture.md, as the compiler sees it. */
class ArchitectureTests {
  static final ApplicationModules ROOMS = ApplicationModules.of(ChomApplication.class);
  static final JavaClasses CODE = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
      .importPackages("io.chom");

  @Test
  void roomsUseOnlyWhatTheyDeclare() {
    ROOMS.verify();
  }

  @Test
  void arrowsOnlyPointDown() {
    layeredArchitecture().consideringOnlyDependenciesInLayers().withOptionalLayers(true).layer("entry")
        .definedBy("io.chom.web..", "io.chom.api..", "io.chom.jobs..", "io.chom.launch..").layer("features")
        .definedBy("io.chom.dashboard..", "io.chom.backups..", "io.chom.sites..", "io.chom.servers..",
            "io.chom.accounts..",
            "io.chom.billing..", "io.chom.notifications..", "io.chom.metrics..")
        .layer("machinery")
        .definedBy("io.chom.operations..", "io.chom.agent..", "io.chom.live..", "io.chom.audit..", "io.chom.recovery..")
        .layer("foundations")
        .definedBy("io.chom.queue..", "io.chom.cache..", "io.chom.ssh..", "io.chom.promql..", "io.chom.tenancy..",
            "io.chom.secrets..", "io.chom.outbound..", "io.chom.common..")
        .whereLayer("entry").mayNotBeAccessedByAnyLayer().whereLayer("features").mayOnlyBeAccessedByLayers("entry")
        .whereLayer("machinery").mayOnlyBeAccessedByLayers("entry", "features").whereLayer("foundations")
        .mayOnlyBeAccessedByLayers("entry", "features", "machinery").check(CODE);
  }

  @Test
  void sshjStaysInItsRoom() {
    noClasses().that().resideOutsideOfPackage("io.chom.ssh..").should().dependOnClassesThat()
        .resideInAPackage("net.schmizz..").check(CODE);
  }

  @Test
  void mailAndCallsToCustomersAddressesGoOutFromOneRoom() {
    noClasses().that().resideOutsideOfPackage("io.chom.notifications..").should().dependOnClassesThat()
        .resideInAnyPackage("jakarta.mail..", "org.springframework.mail..", "org.apache.hc..").check(CODE);
  }

  @Test
  void pagesNeverReachServersOrQueuesThemselves() {
    noClasses().that().resideInAnyPackage("io.chom.web..", "io.chom.api..").should().dependOnClassesThat()
        .resideInAnyPackage("io.chom.ssh..", "io.chom.agent..", "io.chom.queue..", "io.chom.cache..",
            "io.chom.promql..")
        .check(CODE);
  }

  @Test
  void onlyAScopeMakesAQueryForPrometheus() {
    noClasses().that().doNotHaveSimpleName("TenantScope").should().callConstructorWhere(
        targetOwner(nameMatching(".*\\.TenantQuery"))).check(CODE);
  }

  @Test
  void onlyJobsSeeEveryonesQueue() {
    constructors().that().areDeclaredInClassesThat().resideOutsideOfPackage("io.chom.jobs..")
        .should(new ArchCondition<JavaConstructor>("not ask for jobsDataSource") {
          @Override
          public void check(JavaConstructor constructor, ConditionEvents events) {
            constructor.getParameterAnnotations().stream().flatMap(Set::stream)
                .filter(annotation -> annotation.getRawType().isEquivalentTo(Qualifier.class))
                .filter(annotation -> annotation.get("value").filter("jobsDataSource"::equals).isPresent())
                .forEach(_ -> events.add(SimpleConditionEvent.violated(constructor,
                    constructor.getFullName() + " sees all tenants' operations")));
          }
        }).check(CODE);
  }

  @Test
  void servletsStayInWebAndApi() {
    noClasses().that().resideOutsideOfPackages("io.chom.web..", "io.chom.api..").should().dependOnClassesThat()
        .resideInAPackage("jakarta.servlet..").check(CODE);
  }

  @Test
  void drawsThePicture() {
    new Documenter(ROOMS).writeModulesAsPlantUml();
  }
}
