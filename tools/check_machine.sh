#!/bin/sh
# Prints the Python that the suite's environments are made from, or one line that says what to install.
#
#   sh tools/check_machine.sh          checks Python, and prints the one to use
#   sh tools/check_machine.sh java     checks the Java that Spark needs
#
# PYTHON names another interpreter than the newest one on PATH. Java is looked for where Spark does: JAVA_HOME, then PATH.

fail() {
    echo "$1" >&2
    exit 1
}

check_java() {
    install="apt-get install openjdk-21-jre-headless (or openjdk-17-jre-headless)"
    if [ -n "$JAVA_HOME" ]; then
        java="$JAVA_HOME/bin/java"
        where=" at JAVA_HOME=$JAVA_HOME"
    else
        java=java
        where=""
    fi
    command -v "$java" >/dev/null 2>&1 || fail "Java 17 or 21 is needed, found none$where: $install"
    # 'openjdk version "17.0.15"', '"21"', '"25-ea"'; before Java 9 '"1.8.0_392"'
    found=$("$java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)
    case "$found" in
        17 | 21) ;;
        "") fail "Java 17 or 21 is needed, $java does not start$where: $install" ;;
        *) fail "Java 17 or 21 is needed, found $found$where: $install" ;;
    esac
}

# "3.11" when the interpreter starts and is new enough, else nothing; what it is goes to $seen.
version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

check_python() {
    seen=""
    without_venv=""
    for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        version=$(version_of "$python") || continue
        [ -n "$version" ] || continue
        seen="$seen${seen:+, }$version"
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$python"
            return
        fi
        [ -n "$without_venv" ] || without_venv=$version
    done
    if [ -n "$without_venv" ]; then
        fail "Python $without_venv has no venv module: apt-get install python$without_venv-venv"
    fi
    fail "Python 3.11 or newer is needed, found ${seen:-none}: apt-get install python3 python3-venv (on an older system python3.11 python3.11-venv)"
}

if [ "$1" = java ]; then check_java; else check_python; fi
