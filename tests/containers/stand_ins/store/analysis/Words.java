package wwwatch;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.elasticsearch.plugin.NamedComponent;
import org.elasticsearch.plugin.analysis.TokenFilterFactory;
import org.elasticsearch.plugin.analysis.TokenizerFactory;

/**
 * The test build of Elasticsearch lacks the module analysis-common, by whose names the index of users and keys describes
 * how mail addresses of users are searched. Nobody searches them here, so words are words, and users and keys can be kept.
 */
public class Words {
    @NamedComponent("pattern_capture")
    public static class PatternCapture implements TokenFilterFactory {
        @Override
        public TokenStream create(TokenStream words) {
            return words;
        }
    }

    @NamedComponent("unique")
    public static class Unique implements TokenFilterFactory {
        @Override
        public TokenStream create(TokenStream words) {
            return words;
        }
    }

    @NamedComponent("uax_url_email")
    public static class UrlAndEmail implements TokenizerFactory {
        @Override
        public Tokenizer create() {
            return new StandardTokenizer();
        }
    }
}
