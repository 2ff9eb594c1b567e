#!/usr/bin/env bats
# The launcher: which Java it takes, which jar, and what it says where one is missing.

setup() {
  home=$BATS_TEST_TMPDIR
  mkdir -p "$home/app" "$home/jvm" "$home/path"
  cp "$BATS_TEST_DIRNAME/../../main/scripts/chom" "$home/app/chom"
  touch "$home/app/chom.jar"
  for tool in dirname sed head env grep; do ln -s "$(command -v "$tool")" "$home/path/$tool"; done
  ln -s /bin/sh "$home/path/sh"
  unset JAVA_HOME CHOM_JAVA CHOM_JAR CHOM_JAVA_OPTIONS
  export CHOM_JVM_DIR=$home/jvm HOME=$home
}

# a_java DIRECTORY VERSION: a program that answers like java
a_java() {
  mkdir -p "$1"
  cat >"$1/java" <<JAVA
#!/bin/sh
case \$1 in -XshowSettings*) echo "    java.specification.version = $2" >&2 ;; *) env | grep '^CHOM_' >&2; echo "java $2: \$*" ;; esac
JAVA
  chmod +x "$1/java"
}

chom() { PATH=$home/path run "$home/app/chom" "$@"; }

@test "takes the default java where it is new enough" {
  a_java "$home/path" 25
  chom
  [ "$status" -eq 0 ]
  [[ $output == "java 25: --enable-native-access=ALL-UNNAMED -jar $home/app/chom.jar" ]]
}

@test "finds a newer JDK where the default java is old" {
  a_java "$home/path" 17
  a_java "$home/jvm/other/bin" 11
  a_java "$home/jvm/temurin/bin" 26
  chom doctor
  [ "$status" -eq 0 ]
  [[ $output == "java 26: "*"chom.jar doctor" ]]
}

@test "prefers JAVA_HOME" {
  a_java "$home/path" 25
  a_java "$home/mine/bin" 27
  JAVA_HOME=$home/mine chom
  [[ $output == "java 27: "* ]]
}

@test "says what to install where no JDK is new enough" {
  a_java "$home/path" 17
  chom
  [ "$status" -eq 69 ]
  [[ $output == *"no JDK 25 was found. Install one"* ]]
}

@test "says what to build where the jar is missing" {
  a_java "$home/path" 25
  rm "$home/app/chom.jar"
  chom
  [ "$status" -eq 66 ]
  [[ $output == *"chom.jar was not found"*"mvnw"* ]]
}

@test "passes several options and a path with spaces" {
  a_java "$home/path" 25
  mkdir "$home/a b"
  touch "$home/a b/c.jar"
  CHOM_JAR="$home/a b/c.jar" CHOM_JAVA_OPTIONS="-Xmx1g -Dx=y" chom help
  [[ $output == "java 25: --enable-native-access=ALL-UNNAMED -Xmx1g -Dx=y -jar $home/a b/c.jar help" ]]
}

@test "answers an unknown word with the usage" {
  a_java "$home/path" 25
  chom frobnicate
  [ "$status" -eq 1 ]
  [[ $output == *'there is no "frobnicate"'*usage:* ]]
}
